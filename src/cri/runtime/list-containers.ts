import { create } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine, ContainerState as State } from "#pod";
import {
  type Container,
  type ContainerFilter,
  ContainerState,
  type ListContainersRequest,
  type ListContainersResponse,
  ListContainersResponseSchema,
  type StreamContainersRequest,
  type StreamContainersResponse,
  StreamContainersResponseSchema,
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
  return create(ListContainersResponseSchema, { containers: collect(filter, engine) });
}

/** Answers StreamContainers. */
export function* streamContainers(
  { filter }: StreamContainersRequest,
  engine: Engine,
): Iterable<StreamContainersResponse> {
  for (const containers of inPieces(collect(filter, engine))) {
    yield create(StreamContainersResponseSchema, { containers });
  }
}

function collect(filter: ContainerFilter | undefined, engine: Engine): Container[] {
  const containers = engine.listContainers({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter?.state === undefined ? {} : { state: stateFromProto[filter.state.state] }),
    ...(filter === undefined || filter.podSandboxId === "" ? {} : { sandboxId: filter.podSandboxId }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return containers.map(containerItemToProto);
}
