import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type UpdatePodSandboxResourcesRequest,
  type UpdatePodSandboxResourcesResponse,
  UpdatePodSandboxResourcesResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { resourcesFromProto } from "../convert/resources.ts";

/** Answers UpdatePodSandboxResources. */
export function updatePodSandboxResources(
  request: UpdatePodSandboxResourcesRequest,
  engine: Engine,
): Promise<UpdatePodSandboxResourcesResponse> {
  return namingAct(`update resources of sandbox ${shortId(request.podSandboxId)}`, async () => {
    await engine.updateSandboxResources(requireId(request.podSandboxId, "pod_sandbox_id"), {
      overhead: resourcesFromProto(request.overhead),
      resources: resourcesFromProto(request.resources),
    });
    return create(UpdatePodSandboxResourcesResponseSchema);
  });
}
