import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import {
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
  PodSandboxStatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatusToProto } from "../convert/container-status.ts";
import { sandboxStatusToProto } from "../convert/sandbox-status.ts";
import type { CriDeps } from "../deps.ts";
import { verboseInfo } from "../verbose.ts";

/**
 * Answers PodSandboxStatus, the statuses of its containers along: kubelet takes
 * those, when it follows events, instead of asking for each, and orders them by
 * the timestamp.
 */
export function podSandboxStatus(
  request: PodSandboxStatusRequest,
  { engine, clock }: Pick<CriDeps, "engine" | "clock">,
): Promise<PodSandboxStatusResponse> {
  return namingAct(`status of sandbox ${shortId(request.podSandboxId)}`, () => {
    const sandbox = engine.getSandbox(requireId(request.podSandboxId, "pod_sandbox_id"));
    return create(PodSandboxStatusResponseSchema, {
      status: sandboxStatusToProto(sandbox),
      containersStatuses: engine.listContainers({ sandboxId: sandbox.id }).map(containerStatusToProto),
      timestamp: clock.nowNanos(),
      info: verboseInfo(request.verbose, { ...sandbox.details, config: sandbox.config }),
    });
  });
}
