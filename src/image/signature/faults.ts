import { Fault, messageOf } from "#foundation";

const refusedCode = "image.signature-refused";
const unusableCode = "image.signature-policy-unusable";

/** When the policy does not let an image in. */
export function signatureRefused(problem: string, cause?: unknown): Fault {
  return new Fault("denied", problem, { reason: { code: refusedCode, problem }, cause });
}

/** When a policy cannot be read or kept: nothing that it would decide on is let in. */
export function policyUnusable(path: string, cause: unknown): Fault {
  return new Fault("denied", `signature policy ${path}: ${messageOf(cause)}`, {
    reason: { code: unusableCode, path },
    cause,
  });
}

/** When a signature is not what it must be; says why, for the list of all that were tried. */
export function badSignature(problem: string): Fault {
  return new Fault("denied", problem, { reason: { code: "image.bad-signature", problem } });
}

/** Whether it is the policy that keeps an image out. */
export function isSignatureFailure(thrown: unknown): boolean {
  return thrown instanceof Fault && [refusedCode, unusableCode].includes(thrown.reason?.code ?? "");
}
