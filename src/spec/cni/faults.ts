import { Fault } from "#foundation";

/** When: a CNI document (configuration or result) is not what the specification allows. */
export function badCniDocument(what: string, problem: string, cause?: unknown): Fault {
  return new Fault("invalid", `${what}: ${problem}`, {
    reason: { code: "cni.bad-document", what, problem },
    ...(cause === undefined ? {} : { cause }),
  });
}
