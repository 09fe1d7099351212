import type { Clock } from "#foundation";
import type { GrpcServer } from "#grpc";
import type { Images } from "#image";
import type { Engine } from "#pod";
import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { createImageHandlers, createRuntimeHandlers } from "./handlers.ts";
import type { StreamUrls } from "./stream-urls.ts";

export interface CriDeps {
  readonly engine: Engine;
  readonly images: Images;
  readonly streamUrls: StreamUrls;
  readonly clock: Clock;
  readonly version: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}

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
