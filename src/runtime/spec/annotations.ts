import type { ContainerConfig, SandboxConfig } from "#spec";
import type { HandlerPolicy } from "./input.ts";

/** The annotations that the runtime is given: the handler's own, then those of the pod and of the container that it allows. */
export function chooseAnnotations(
  { defaultAnnotations, allowedAnnotations }: HandlerPolicy,
  sandbox: SandboxConfig,
  container: ContainerConfig,
): Readonly<Record<string, string>> {
  const allowed = allowedAnnotations.map(toRegExp);
  const asked = Object.entries({ ...sandbox.annotations, ...container.annotations });
  return {
    ...defaultAnnotations,
    ...Object.fromEntries(asked.filter(([key]) => allowed.some((pattern) => pattern.test(key)))),
  };
}

function toRegExp(pattern: string): RegExp {
  return new RegExp(`^${pattern.split("*").map(escapeRegExp).join(".*")}$`, "s");
}

function escapeRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}
