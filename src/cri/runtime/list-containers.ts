import { create, toBinary } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { ContainerView, Engine, ContainerState as State } from "#pod";
import {
  type ContainerFilter,
  ContainerState,
  type ListContainersRequest,
  ListContainersResponseSchema,
  type StreamContainersRequest,
  StreamContainersResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import { containerItemToProto } from "../convert/container-status.ts";
import { EncodedItems } from "../encoded-items.ts";

const stateFromProto: Readonly<Record<ContainerState, State>> = {
  [ContainerState.CONTAINER_CREATED]: "created",
  [ContainerState.CONTAINER_RUNNING]: "running",
  [ContainerState.CONTAINER_EXITED]: "exited",
  [ContainerState.CONTAINER_UNKNOWN]: "unknown",
};

/** Containers as items of either answer: in both they are field 1. */
export function encodedContainers(): EncodedItems<ContainerView> {
  return new EncodedItems((view) =>
    toBinary(
      ListContainersResponseSchema,
      create(ListContainersResponseSchema, { containers: [containerItemToProto(view)] }),
    ),
  );
}

/** Answers ListContainers. */
export function listContainers(
  { filter }: ListContainersRequest,
  engine: Engine,
  items: EncodedItems<ContainerView>,
): EncodedMessage<typeof ListContainersResponseSchema> {
  return new EncodedMessage(ListContainersResponseSchema, items.joined(collect(filter, engine)));
}

/** Answers StreamContainers. */
export function* streamContainers(
  { filter }: StreamContainersRequest,
  engine: Engine,
  items: EncodedItems<ContainerView>,
): Iterable<EncodedMessage<typeof StreamContainersResponseSchema>> {
  for (const parts of inPieces(items.of(collect(filter, engine)))) {
    yield new EncodedMessage(StreamContainersResponseSchema, parts);
  }
}

function collect(filter: ContainerFilter | undefined, engine: Engine): readonly ContainerView[] {
  return engine.listContainers({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter?.state === undefined ? {} : { state: stateFromProto[filter.state.state] }),
    ...(filter === undefined || filter.podSandboxId === "" ? {} : { sandboxId: filter.podSandboxId }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
}
