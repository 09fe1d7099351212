import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type ReopenContainerLogRequest,
  type ReopenContainerLogResponse,
  ReopenContainerLogResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers ReopenContainerLog. */
export function reopenContainerLog(
  request: ReopenContainerLogRequest,
  engine: Engine,
): Promise<ReopenContainerLogResponse> {
  return namingAct(`reopen log of container ${shortId(request.containerId)}`, async () => {
    await engine.reopenContainerLog(requireId(request.containerId, "container_id"));
    return create(ReopenContainerLogResponseSchema);
  });
}
