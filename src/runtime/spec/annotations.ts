import { namePattern } from "#foundation";
import type { ContainerConfig, SandboxConfig } from "#spec";
import type { HandlerPolicy } from "./input.ts";

/** The annotations that the runtime is given: the handler's own, then those of the pod and of the container that it allows. */
export function chooseAnnotations(
  { defaultAnnotations, allowedAnnotations }: HandlerPolicy,
  sandbox: SandboxConfig,
  container: ContainerConfig,
): Readonly<Record<string, string>> {
  const allowed = allowedAnnotations.map(namePattern);
  const asked = Object.entries({ ...sandbox.annotations, ...container.annotations });
  return {
    ...defaultAnnotations,
    ...Object.fromEntries(asked.filter(([key]) => allowed.some((matches) => matches(key)))),
  };
}
