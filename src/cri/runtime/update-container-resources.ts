import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type UpdateContainerResourcesRequest,
  type UpdateContainerResourcesResponse,
  UpdateContainerResourcesResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { resourcesFromProto } from "../convert/resources.ts";

/** Answers UpdateContainerResources. */
export function updateContainerResources(
  request: UpdateContainerResourcesRequest,
  engine: Engine,
): Promise<UpdateContainerResourcesResponse> {
  return namingAct(`update resources of container ${shortId(request.containerId)}`, async () => {
    const id = requireId(request.containerId, "container_id");
    if (request.windows !== undefined) throw new Fault("invalid", "windows: this is a Linux node");
    const resources = resourcesFromProto(request.linux);
    if (resources === undefined) throw new Fault("invalid", "linux: must not be empty");
    const [annotation] = Object.keys(request.annotations);
    if (annotation !== undefined) throw new Fault("unsupported", `annotations: ${annotation} changes no resource`);
    await engine.updateContainerResources(id, resources);
    return create(UpdateContainerResourcesResponseSchema);
  });
}
