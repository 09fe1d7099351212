import { Fault } from "#foundation";
import { faultOfRuntime } from "../conmon/runtime-fault.ts";
import type { ShimContext } from "./options.ts";

/** The shim's program did not do what it was started for. */
export function shimFailed(act: string, said: string, cause?: unknown): Fault {
  return new Fault("broken", `${act}: ${said === "" ? "the shim gave no reason" : said}`, {
    reason: { code: "runtime.shim-failed", said },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A shim did not answer a call in the time that it had. */
export function shimSilent(method: string, afterMs: number): Fault {
  return new Fault("timed-out", `the shim has not answered ${method} in ${Math.round(afterMs)} ms`, {
    reason: { code: "runtime.shim-silent", method, afterMs },
  });
}

/** Whether a shim was given up because it did not answer. */
export function isSilence(error: unknown): boolean {
  return error instanceof Fault && error.reason?.code === "runtime.shim-silent";
}

/** Whether something went wrong that no container asks for: the shim did not do its part. */
export function isFaultOfShim(error: unknown): error is Fault {
  const codes = ["runtime.shim-failed", "runtime.shim-silent", "wire.connection-lost"];
  return error instanceof Fault && error.reason !== undefined && codes.includes(error.reason.code);
}

/** Whether it is the shim that does not do what it was asked: it refuses, answers nonsense or nothing, or is not there. */
export function isRefusal(error: unknown): error is Fault {
  return isFaultOfShim(error) || isConnectionLost(error) || (error instanceof Fault && isAnswer(error));
}

/** A call that failed, with the name of what was called. */
export function faultOfCall(method: string, error: unknown): Fault {
  const fault = Fault.from(error);
  const { kind, reason } = fault;
  if (reason?.code !== "wire.connection-lost") return Fault.within(`the shim's ${method}`, fault);
  const problem = `the shim ended, or closed its connection, before it answered ${method}`;
  return new Fault(kind, problem, { reason, cause: fault });
}

/** Whether a call failed because nobody is at the other end any more, or at the place where the other end was. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Fault) || isAnswer(error)) return false;
  return error.kind === "unavailable" || error.kind === "not-found";
}

/** What a shim's refusal means: the words of the runtime beneath it are all that tells a missing command from a broken node. */
export function faultOfShim({ settings }: Pick<ShimContext, "settings">, act: string, error: unknown): Fault {
  const place = `${act}: handler ${settings.handler}`;
  if (error instanceof Fault && isAnswer(error)) {
    const fault = faultOfRuntime(place, error.message);
    const isRuntimesOwn = fault.kind !== "broken" || error.kind === "broken";
    if (isRuntimesOwn) return fault;
  }
  return Fault.within(place, error);
}

/** Whether it is the shim that says so. */
function isAnswer({ reason }: Fault): boolean {
  return reason?.code === "wire.ttrpc-status" || reason?.code === "wire.grpc-status";
}
