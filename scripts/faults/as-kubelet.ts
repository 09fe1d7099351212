import { setTimeout as pause } from "node:timers/promises";
import { Fault, type FaultKind, messageOf } from "#foundation";

/** Longest time that kubelet's repetitions are watched. */
const patienceMs = 60_000;
/** Between two of them; kubelet's own are further apart. */
const betweenMs = 200;

/** What a repetition of the same words cannot mend. */
const final: ReadonlySet<FaultKind> = new Set(["invalid", "exists", "not-found", "wrong-state", "unsupported"]);

/** Repeats a call in the same words until it succeeds, as kubelet does; throws at once what it can never get over. */
export async function untilDone<T>(act: string, call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { kind } = Fault.from(error);
      if (final.has(kind) || performance.now() > giveUpAt) {
        throw new Error(`${act}: repeated, it answered ${kind}: ${messageOf(error)}`, { cause: error });
      }
      await pause(betweenMs);
    }
  }
}
