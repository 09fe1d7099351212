import type { SandboxConfig } from "#spec";
import type { PodContext } from "../context.ts";
import { subjectOfSandbox } from "../stage.ts";
import { findByKey } from "./run.ts";

/** Runs a pull as an act on the pod that it is for, where that is here. */
export async function pullFor<T>(
  context: PodContext,
  { pod, image }: { readonly pod: SandboxConfig["metadata"]; readonly image: string },
  pull: () => Promise<T>,
): Promise<T> {
  const sandbox = findByKey(context, pod);
  return sandbox === undefined
    ? await pull()
    : await context.stages.act("pull image", subjectOfSandbox(sandbox), pull, image);
}
