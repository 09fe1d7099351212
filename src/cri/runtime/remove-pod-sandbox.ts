import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type RemovePodSandboxRequest,
  type RemovePodSandboxResponse,
  RemovePodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers RemovePodSandbox. */
export function removePodSandbox(request: RemovePodSandboxRequest, engine: Engine): Promise<RemovePodSandboxResponse> {
  return namingAct(`remove sandbox ${shortId(request.podSandboxId)}`, async () => {
    await engine.removeSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    return create(RemovePodSandboxResponseSchema);
  });
}
