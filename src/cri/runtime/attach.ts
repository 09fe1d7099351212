import { create } from "@bufbuild/protobuf";
import { namingAct, shortId } from "#grpc";
import type { Engine } from "#pod";
import { type AttachRequest, type AttachResponse, AttachResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { runningContainerId } from "../running-container.ts";
import type { StreamUrls } from "../stream-urls.ts";

/** Answers Attach: where the client finds the container's streams. */
export function attach(request: AttachRequest, engine: Engine, urls: StreamUrls): Promise<AttachResponse> {
  return namingAct(`attach to container ${shortId(request.containerId)}`, () => {
    const { tty, stdin, stdout, stderr } = request;
    const containerId = runningContainerId(request, engine);
    return create(AttachResponseSchema, { url: urls.attachUrl({ containerId, tty, stdin, stdout, stderr }) });
  });
}
