import { create } from "@bufbuild/protobuf";
import type { Engine } from "#pod";
import {
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
  PodSandboxStatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxStatusToProto } from "../convert/sandbox-status.ts";
import { namingAct, requireId, shortId } from "../naming.ts";
import { verboseInfo } from "../verbose.ts";

/** Answers PodSandboxStatus. */
export function podSandboxStatus(request: PodSandboxStatusRequest, engine: Engine): Promise<PodSandboxStatusResponse> {
  return namingAct(`status of sandbox ${shortId(request.podSandboxId)}`, () => {
    const sandbox = engine.getSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    return create(PodSandboxStatusResponseSchema, {
      status: sandboxStatusToProto(sandbox),
      info: verboseInfo(request.verbose, { ...sandbox.details, config: sandbox.config }),
    });
  });
}
