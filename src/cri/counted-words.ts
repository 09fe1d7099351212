import { Fault } from "#foundation";

/**
 * Words by which kubelet counts failed creations: the message has to begin with them.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/cri-api/pkg/errors/errors.go
 */
const wordOfReason: ReadonlyMap<string, string> = new Map([
  ["pod.image-volume-failed", "ImageVolumeMountFailed"],
  ["runtime.no-recursive-readonly", "RROUnsupported"],
]);

/** Runs the creation of a container; a failure that kubelet counts gets its word in front of everything. */
export async function withCountedWord<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const fault = Fault.from(error);
    const word = wordOfReason.get(fault.reason?.code ?? "");
    throw word === undefined ? fault : Fault.within(word, fault);
  }
}
