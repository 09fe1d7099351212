import { namePattern } from "#foundation";
import type { ContainerConfig, SandboxConfig } from "#spec";
import type { HandlerPolicy } from "./input.ts";
import { Origins } from "./origins.ts";

/** The annotations that the runtime is given with a pod that it makes: the handler's own, then those of the pod that it allows. */
export function choosePodAnnotations(
  { defaultAnnotations, allowedAnnotations }: HandlerPolicy,
  { annotations }: SandboxConfig,
): Readonly<Record<string, string>> {
  const allowed = allowedAnnotations.map(namePattern);
  const granted = Object.entries(annotations).filter(([key]) => allowed.some((matches) => matches(key)));
  return { ...defaultAnnotations, ...Object.fromEntries(granted) };
}

/** The annotations that the runtime is given with a container: the handler's own, then those of the pod and of the container that it allows. */
export function chooseAnnotations(
  { defaultAnnotations, allowedAnnotations }: HandlerPolicy,
  sandbox: SandboxConfig,
  container: ContainerConfig,
  origins: Origins = new Origins(),
): Readonly<Record<string, string>> {
  const allowed = allowedAnnotations.map(namePattern);
  const asked = Object.entries({ ...sandbox.annotations, ...container.annotations });
  const granted = asked.filter(([key]) => allowed.some((matches) => matches(key)));
  for (const key of Object.keys(defaultAnnotations)) {
    origins.note(`annotations[${key}]`, "policy", "default_annotations");
  }
  for (const [key] of granted) {
    const holder = key in container.annotations ? "annotations" : "the sandbox's annotations";
    origins.note(`annotations[${key}]`, "request", `${holder}, by allowed_annotations`);
  }
  return { ...defaultAnnotations, ...Object.fromEntries(granted) };
}
