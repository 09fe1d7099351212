import { create } from "@bufbuild/protobuf";
import { namingAct } from "#grpc";
import type { Engine } from "#pod";
import {
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
  RunPodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxConfigFromProto } from "../convert/sandbox-config.ts";

/** Answers RunPodSandbox. */
export function runPodSandbox(request: RunPodSandboxRequest, engine: Engine): Promise<RunPodSandboxResponse> {
  const { namespace = "", name = "" } = request.config?.metadata ?? {};
  return namingAct(`run sandbox ${namespace}/${name}`, async () => {
    const podSandboxId = await engine.runSandbox(sandboxConfigFromProto(request.config), request.runtimeHandler);
    return create(RunPodSandboxResponseSchema, { podSandboxId });
  });
}
