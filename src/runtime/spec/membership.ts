import type { OciSpec } from "#spec";
import type { PodMembership } from "../types.ts";
import { Origins } from "./origins.ts";

/** Adds what a shim reads in a container's document, to know the pod that it belongs to. */
export function addMembership(
  spec: OciSpec,
  { sandboxId, role }: Pick<PodMembership, "sandboxId" | "role">,
  origins: Origins = new Origins(),
): OciSpec {
  const annotations = {
    "io.kubernetes.cri.sandbox-id": sandboxId,
    "io.kubernetes.cri.container-type": role,
  };
  for (const key of Object.keys(annotations))
    origins.note(`annotations[${key}]`, "crisp", "shims that group containers");
  return { ...spec, annotations: { ...spec.annotations, ...annotations } };
}
