import { Fault } from "#foundation";
import { faultOfRuntime } from "../conmon/runtime-fault.ts";

/** The shim's program did not do what it was started for. */
export function shimFailed(act: string, said: string): Fault {
  return new Fault("broken", `${act}: ${said === "" ? "the shim gave no reason" : said}`, {
    reason: { code: "runtime.shim-failed", said },
  });
}

/** Whether a call failed because nobody is at the other end any more, or at the place where the other end was. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Fault) || isAnswer(error)) return false;
  return error.kind === "unavailable" || error.kind === "not-found";
}

/** What a shim's refusal means: the words of the runtime beneath it are all that tells a missing command from a broken node. */
export function faultOfShim(act: string, error: unknown): Fault {
  if (!(error instanceof Fault)) return Fault.from(error);
  if (isAnswer(error)) {
    const fault = faultOfRuntime(act, error.message);
    const isRuntimesOwn = fault.kind !== "broken" || error.kind === "broken";
    return isRuntimesOwn ? fault : Fault.within(act, error);
  }
  return Fault.within(act, error);
}

/** Whether it is the shim that says so. */
function isAnswer({ reason }: Fault): boolean {
  return reason?.code === "wire.ttrpc-status" || reason?.code === "wire.grpc-status";
}
