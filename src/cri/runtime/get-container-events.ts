import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { Engine, PodEvent, PodEventType } from "#pod";
import {
  type ContainerEventResponse,
  ContainerEventResponseSchema,
  ContainerEventType,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatusToProto } from "../convert/container-status.ts";
import { sandboxStatusToProto } from "../convert/sandbox-status.ts";

const typeToProto: Readonly<Record<PodEventType, ContainerEventType>> = {
  created: ContainerEventType.CONTAINER_CREATED_EVENT,
  started: ContainerEventType.CONTAINER_STARTED_EVENT,
  stopped: ContainerEventType.CONTAINER_STOPPED_EVENT,
  deleted: ContainerEventType.CONTAINER_DELETED_EVENT,
};

/** Answers GetContainerEvents, for as long as the client reads. kubelet ignores an event without the sandbox's metadata. */
export async function* getContainerEvents(engine: Engine, { signal }: Call): AsyncIterable<ContainerEventResponse> {
  for await (const event of engine.watchEvents(signal)) yield eventToProto(event);
}

/** An event, whichever RPC it is told by. */
export function eventToProto({ id, type, atNanos, sandbox, containers }: PodEvent): ContainerEventResponse {
  return create(ContainerEventResponseSchema, {
    containerId: id,
    containerEventType: typeToProto[type],
    createdAt: atNanos,
    podSandboxStatus: sandboxStatusToProto(sandbox),
    containersStatuses: containers.map(containerStatusToProto),
  });
}
