import { create } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ListPodSandboxRequest,
  type ListPodSandboxResponse,
  ListPodSandboxResponseSchema,
  type PodSandbox,
  type PodSandboxFilter,
  PodSandboxState,
  type StreamPodSandboxesRequest,
  type StreamPodSandboxesResponse,
  StreamPodSandboxesResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxItemToProto } from "../convert/sandbox-status.ts";

/** Answers ListPodSandbox. */
export function listPodSandbox({ filter }: ListPodSandboxRequest, engine: Engine): ListPodSandboxResponse {
  return create(ListPodSandboxResponseSchema, { items: collect(filter, engine) });
}

/** Answers StreamPodSandboxes. */
export function* streamPodSandboxes(
  { filter }: StreamPodSandboxesRequest,
  engine: Engine,
): Iterable<StreamPodSandboxesResponse> {
  for (const podSandboxes of inPieces(collect(filter, engine))) {
    yield create(StreamPodSandboxesResponseSchema, { podSandboxes });
  }
}

function collect(filter: PodSandboxFilter | undefined, engine: Engine): PodSandbox[] {
  const state = filter?.state?.state;
  const sandboxes = engine.listSandboxes({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(state === undefined ? {} : { state: state === PodSandboxState.SANDBOX_READY ? "ready" : "not-ready" }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return sandboxes.map(sandboxItemToProto);
}
