import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type CreateContainerRequest,
  type CreateContainerResponse,
  CreateContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerConfigFromProto } from "../convert/container-config.ts";
import { withCountedWord } from "../counted-words.ts";

/** Answers CreateContainer. The sandbox's own configuration counts, not the copy of it in the request. */
export function createContainer(request: CreateContainerRequest, engine: Engine): Promise<CreateContainerResponse> {
  const name = request.config?.metadata?.name ?? "";
  const act = `create container ${name} in sandbox ${shortId(request.podSandboxId)}`;
  return withCountedWord(() =>
    namingAct(act, async () => {
      const config = containerConfigFromProto(request.config);
      const containerId = await engine.createContainer(requireId(request.podSandboxId, "pod_sandbox_id"), config);
      return create(CreateContainerResponseSchema, { containerId });
    }),
  );
}
