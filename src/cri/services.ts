import type { GrpcServer } from "#grpc";
import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import type { CriDeps } from "./deps.ts";
import { createImageHandlers, createRuntimeHandlers } from "./handlers.ts";

/** RPCs that kubelet polls. */
const polled: ReadonlySet<string> = new Set([
  "version",
  "status",
  "listPodSandbox",
  "listContainers",
  "podSandboxStatus",
  "containerStatus",
  "listImages",
  "imageStatus",
  "imageFsInfo",
  "listContainerStats",
  "listPodSandboxStats",
  "streamPodSandboxes",
  "streamContainers",
  "streamContainerStats",
  "streamPodSandboxStats",
  "listPodSandboxMetrics",
  "streamPodSandboxMetrics",
  "streamImages",
]);

/** Serves the two services of CRI v1. */
export function serveCri(server: GrpcServer, deps: CriDeps): void {
  server.serve({ service: RuntimeService, handlers: createRuntimeHandlers(deps), polled });
  server.serve({ service: ImageService, handlers: createImageHandlers(deps), polled });
}
