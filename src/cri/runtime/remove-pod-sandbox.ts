import { create } from "@bufbuild/protobuf";
import type { Engine } from "#pod";
import {
  type RemovePodSandboxRequest,
  type RemovePodSandboxResponse,
  RemovePodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { namingAct, requireId, shortId } from "../naming.ts";

/** Answers RemovePodSandbox. */
export function removePodSandbox(request: RemovePodSandboxRequest, engine: Engine): Promise<RemovePodSandboxResponse> {
  return namingAct(`remove sandbox ${shortId(request.podSandboxId)}`, async () => {
    await engine.removeSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    return create(RemovePodSandboxResponseSchema);
  });
}
