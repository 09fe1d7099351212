import { type CheckpointConfig, type ContainerConfig, decodeSpec, neverTime } from "#spec";
import type { ContainerRecord, SandboxRecord } from "../../records.ts";

/** Names under which tools look for a container and its pod in a config.json: containerd's. */
const prefix = "io.kubernetes.cri";

/** What tools show of a checkpoint's container. */
export function describeCheckpoint(
  { id, config, createdAtNanos, imageRef }: ContainerRecord,
  { runtime, nowNanos }: { readonly runtime: string; readonly nowNanos: bigint },
): CheckpointConfig {
  const image = imageNameOf(config);
  return {
    id,
    name: config.metadata.name,
    rootfsImage: image,
    rootfsImageRef: imageRef,
    rootfsImageName: image,
    runtime,
    createdTime: timeOf(createdAtNanos),
    checkpointedTime: timeOf(nowNanos),
    restoredTime: neverTime,
    restored: false,
  };
}

/** A container's config.json with the names of container and pod. */
export function describeSpec(text: string, { config }: ContainerRecord, sandbox: SandboxRecord): string {
  const { metadata } = sandbox.config;
  const spec = decodeSpec(text);
  const annotations = {
    ...(typeof spec["annotations"] === "object" ? spec["annotations"] : {}),
    "io.container.manager": "crisp",
    [`${prefix}.container-type`]: "container",
    [`${prefix}.container-name`]: config.metadata.name,
    [`${prefix}.image-name`]: imageNameOf(config),
    [`${prefix}.sandbox-id`]: sandbox.id,
    [`${prefix}.sandbox-name`]: metadata.name,
    [`${prefix}.sandbox-namespace`]: metadata.namespace,
    [`${prefix}.sandbox-uid`]: metadata.uid,
  };
  return JSON.stringify({ ...spec, annotations });
}

/** As people know it: kubelet asks for images by their ids. */
function imageNameOf({ image: { image, userSpecifiedImage } }: ContainerConfig): string {
  return userSpecifiedImage === "" ? image : userSpecifiedImage;
}

function timeOf(nanos: bigint): string {
  return new Date(Number(nanos / 1_000_000n)).toISOString();
}
