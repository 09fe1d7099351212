import { create } from "@bufbuild/protobuf";
import type { Engine, ContainerState as State } from "#pod";
import {
  ContainerState,
  type ListContainersRequest,
  type ListContainersResponse,
  ListContainersResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerItemToProto } from "../convert/container-status.ts";

const stateFromProto: Readonly<Record<ContainerState, State>> = {
  [ContainerState.CONTAINER_CREATED]: "created",
  [ContainerState.CONTAINER_RUNNING]: "running",
  [ContainerState.CONTAINER_EXITED]: "exited",
  [ContainerState.CONTAINER_UNKNOWN]: "unknown",
};

/** Answers ListContainers. */
export function listContainers({ filter }: ListContainersRequest, engine: Engine): ListContainersResponse {
  const containers = engine.listContainers({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter?.state === undefined ? {} : { state: stateFromProto[filter.state.state] }),
    ...(filter === undefined || filter.podSandboxId === "" ? {} : { sandboxId: filter.podSandboxId }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return create(ListContainersResponseSchema, { containers: containers.map(containerItemToProto) });
}
