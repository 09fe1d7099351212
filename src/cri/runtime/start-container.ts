import { create } from "@bufbuild/protobuf";
import { type Call, namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type StartContainerRequest,
  type StartContainerResponse,
  StartContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers StartContainer. */
export function startContainer(
  request: StartContainerRequest,
  engine: Engine,
  { signal }: Call,
): Promise<StartContainerResponse> {
  return namingAct(`start container ${shortId(request.containerId)}`, async () => {
    await engine.startContainer(requireId(request.containerId, "container_id"), { signal });
    return create(StartContainerResponseSchema);
  });
}
