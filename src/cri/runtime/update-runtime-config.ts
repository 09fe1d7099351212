import { create } from "@bufbuild/protobuf";
import { namingAct } from "#grpc";
import type { Engine } from "#pod";
import {
  type UpdateRuntimeConfigRequest,
  type UpdateRuntimeConfigResponse,
  UpdateRuntimeConfigResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers UpdateRuntimeConfig, by which kubelet tells the node's ranges of pod addresses; none changes nothing. */
export function updateRuntimeConfig(
  { runtimeConfig }: UpdateRuntimeConfigRequest,
  engine: Engine,
): Promise<UpdateRuntimeConfigResponse> {
  return namingAct("update runtime config", async () => {
    const podCidrs = runtimeConfig?.networkConfig?.podCidr ?? "";
    if (podCidrs !== "") await engine.usePodCidrs(podCidrs);
    return create(UpdateRuntimeConfigResponseSchema);
  });
}
