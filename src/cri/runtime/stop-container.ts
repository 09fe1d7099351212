import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type StopContainerRequest,
  type StopContainerResponse,
  StopContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { millisecondsOf } from "../seconds.ts";

/** Answers StopContainer: the timeout is in seconds, 0 or less kills at once. */
export function stopContainer(request: StopContainerRequest, engine: Engine): Promise<StopContainerResponse> {
  return namingAct(`stop container ${shortId(request.containerId)}`, async () => {
    await engine.stopContainer(requireId(request.containerId, "container_id"), millisecondsOf(request.timeout));
    return create(StopContainerResponseSchema);
  });
}
