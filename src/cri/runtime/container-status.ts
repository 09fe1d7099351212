import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  ContainerStatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatusToProto } from "../convert/container-status.ts";
import { verboseInfo } from "../verbose.ts";

/** Answers ContainerStatus. */
export function containerStatus(request: ContainerStatusRequest, engine: Engine): Promise<ContainerStatusResponse> {
  return namingAct(`status of container ${shortId(request.containerId)}`, () => {
    const container = engine.getContainer(requireId(request.containerId, "container_id"));
    return create(ContainerStatusResponseSchema, {
      status: containerStatusToProto(container),
      info: verboseInfo(request.verbose, { ...container.details, config: container.config }),
    });
  });
}
