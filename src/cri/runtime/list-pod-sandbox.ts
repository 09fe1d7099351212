import { create, toBinary } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine, SandboxView } from "#pod";
import {
  type ListPodSandboxRequest,
  ListPodSandboxResponseSchema,
  type PodSandboxFilter,
  PodSandboxState,
  type StreamPodSandboxesRequest,
  StreamPodSandboxesResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import { sandboxItemToProto } from "../convert/sandbox-status.ts";
import { EncodedItems } from "../encoded-items.ts";

/** Sandboxes as items of either answer: in both they are field 1. */
export function encodedSandboxes(): EncodedItems<SandboxView> {
  return new EncodedItems((view) =>
    toBinary(ListPodSandboxResponseSchema, create(ListPodSandboxResponseSchema, { items: [sandboxItemToProto(view)] })),
  );
}

/** Answers ListPodSandbox. */
export function listPodSandbox(
  { filter }: ListPodSandboxRequest,
  engine: Engine,
  items: EncodedItems<SandboxView>,
): EncodedMessage<typeof ListPodSandboxResponseSchema> {
  return new EncodedMessage(ListPodSandboxResponseSchema, items.joined(collect(filter, engine)));
}

/** Answers StreamPodSandboxes. */
export function* streamPodSandboxes(
  { filter }: StreamPodSandboxesRequest,
  engine: Engine,
  items: EncodedItems<SandboxView>,
): Iterable<EncodedMessage<typeof StreamPodSandboxesResponseSchema>> {
  for (const parts of inPieces(items.of(collect(filter, engine)))) {
    yield new EncodedMessage(StreamPodSandboxesResponseSchema, parts);
  }
}

function collect(filter: PodSandboxFilter | undefined, engine: Engine): readonly SandboxView[] {
  const state = filter?.state?.state;
  return engine.listSandboxes({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(state === undefined ? {} : { state: state === PodSandboxState.SANDBOX_READY ? "ready" : "not-ready" }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
}
