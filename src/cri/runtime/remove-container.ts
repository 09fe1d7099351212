import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type RemoveContainerRequest,
  type RemoveContainerResponse,
  RemoveContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers RemoveContainer. */
export function removeContainer(request: RemoveContainerRequest, engine: Engine): Promise<RemoveContainerResponse> {
  return namingAct(`remove container ${shortId(request.containerId)}`, async () => {
    await engine.removeContainer(requireId(request.containerId, "container_id"));
    return create(RemoveContainerResponseSchema);
  });
}
