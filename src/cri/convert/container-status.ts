import { create } from "@bufbuild/protobuf";
import type { ContainerView, ContainerState as State } from "#pod";
import {
  type Container,
  ContainerMetadataSchema,
  ContainerSchema,
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
  type ImageSpec as ProtoImageSpec,
} from "#proto/cri/v1/runtime_pb.js";
import type { ImageSpec } from "#spec";
import { stopSignalToProto } from "./container-config.ts";
import { imageSpecToProto } from "./image-spec.ts";
import { mountToProto } from "./mount.ts";
import { resourcesToProto } from "./resources.ts";

const stateToProto: Readonly<Record<State, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

/** A container as an item of a list. */
export function containerItemToProto(container: ContainerView): Container {
  return create(ContainerSchema, {
    id: container.id,
    podSandboxId: container.sandboxId,
    metadata: create(ContainerMetadataSchema, container.config.metadata),
    image: imageSpecToProto(container.config.image),
    imageRef: container.imageRef,
    imageId: container.imageId,
    state: stateToProto[container.state],
    createdAt: container.createdAtNanos,
    labels: { ...container.config.labels },
    annotations: { ...container.config.annotations },
  });
}

/** A container in full. */
export function containerStatusToProto(container: ContainerView): ContainerStatus {
  const { config, user } = container;
  return create(ContainerStatusSchema, {
    id: container.id,
    metadata: create(ContainerMetadataSchema, config.metadata),
    state: stateToProto[container.state],
    createdAt: container.createdAtNanos,
    startedAt: container.startedAtNanos,
    finishedAt: container.finishedAtNanos,
    exitCode: container.exitCode,
    image: shownImage(config.image),
    imageRef: container.imageRef,
    imageId: container.imageId,
    reason: container.reason,
    message: container.message,
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    mounts: config.mounts.map(mountToProto),
    logPath: container.logPath,
    ...(config.resources === undefined ? {} : { resources: { linux: resourcesToProto(config.resources) } }),
    ...(user === undefined
      ? {}
      : {
          user: {
            linux: {
              uid: BigInt(user.uid),
              gid: BigInt(user.gid),
              // The primary group counts as one of them, as `id -G` prints it.
              supplementalGroups: [...new Set([user.gid, ...user.additionalGids])].map(BigInt),
            },
          },
        }),
    stopSignal: stopSignalToProto(container.stopSignal),
  });
}

/** The API shows the name that the user wrote, where the caller told it, rather than the id. */
function shownImage(image: ImageSpec): ProtoImageSpec {
  const shown = image.userSpecifiedImage === "" ? image.image : image.userSpecifiedImage;
  return imageSpecToProto({ ...image, image: shown });
}
