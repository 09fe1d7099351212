import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type StopPodSandboxRequest,
  type StopPodSandboxResponse,
  StopPodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers StopPodSandbox. */
export function stopPodSandbox(request: StopPodSandboxRequest, engine: Engine): Promise<StopPodSandboxResponse> {
  return namingAct(`stop sandbox ${shortId(request.podSandboxId)}`, async () => {
    await engine.stopSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    return create(StopPodSandboxResponseSchema);
  });
}
