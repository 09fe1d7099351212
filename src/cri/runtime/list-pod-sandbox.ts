import { create } from "@bufbuild/protobuf";
import type { Engine } from "#pod";
import {
  type ListPodSandboxRequest,
  type ListPodSandboxResponse,
  ListPodSandboxResponseSchema,
  PodSandboxState,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxItemToProto } from "../convert/sandbox-status.ts";

/** Answers ListPodSandbox. */
export function listPodSandbox({ filter }: ListPodSandboxRequest, engine: Engine): ListPodSandboxResponse {
  const state = filter?.state?.state;
  const sandboxes = engine.listSandboxes({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(state === undefined ? {} : { state: state === PodSandboxState.SANDBOX_READY ? "ready" : "not-ready" }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return create(ListPodSandboxResponseSchema, { items: sandboxes.map(sandboxItemToProto) });
}
