import { create } from "@bufbuild/protobuf";
import type { Engine } from "#pod";
import type { PodSandboxConfig, ContainerConfig as ProtoContainerConfig } from "#proto/cri/v1/runtime_pb.js";
import {
  type ExplainContainerRequest,
  type ExplainContainerResponse,
  ExplainContainerResponseSchema,
} from "#proto/crisp/v1/admin_pb.js";
import type { ContainerConfig, SandboxConfig } from "#spec";

/** How CRI's configurations are read: as the CRI service does. */
export interface ConfigDecoders {
  readonly sandbox: (config: PodSandboxConfig | undefined) => SandboxConfig;
  readonly container: (config: ProtoContainerConfig | undefined) => ContainerConfig;
}

/** Answers ExplainContainer with what the engine would build. */
export async function explainContainer(
  request: ExplainContainerRequest,
  engine: Pick<Engine, "explainContainer">,
  decoders: ConfigDecoders,
): Promise<ExplainContainerResponse> {
  const { configJson, origins, clamped } = await engine.explainContainer({
    sandbox: decoders.sandbox(request.sandboxConfig),
    container: decoders.container(request.config),
    handler: request.runtimeHandler,
  });
  return create(ExplainContainerResponseSchema, {
    configJson,
    parts: origins.map(({ part, from, why }) => ({ part, from, why })),
    clamped: clamped.map(({ what, asked, granted }) => ({ what, asked, granted })),
  });
}
