import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type PortForwardRequest,
  type PortForwardResponse,
  PortForwardResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { StreamUrls } from "../stream-urls.ts";

/** Answers PortForward: where the client finds the sandbox's ports. */
export function portForward(
  request: PortForwardRequest,
  engine: Engine,
  urls: StreamUrls,
): Promise<PortForwardResponse> {
  return namingAct(`forward ports of sandbox ${shortId(request.podSandboxId)}`, () => {
    const { id: sandboxId, isReady } = engine.getSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    if (!isReady) throw new Fault("wrong-state", "it is not ready");
    return create(PortForwardResponseSchema, { url: urls.portForwardUrl({ sandboxId, ports: request.port }) });
  });
}
