import type { DescService, MessageShape } from "@bufbuild/protobuf";
import type { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { imageFsInfo } from "./image/image-fs-info.ts";
import { imageStatus } from "./image/image-status.ts";
import { listImages } from "./image/list-images.ts";
import { pullImage } from "./image/pull-image.ts";
import { removeImage } from "./image/remove-image.ts";
import type { Handler } from "./instrument.ts";
import { containerStatus } from "./runtime/container-status.ts";
import { createContainer } from "./runtime/create-container.ts";
import { execSync } from "./runtime/exec-sync.ts";
import { listContainers } from "./runtime/list-containers.ts";
import { listPodSandbox } from "./runtime/list-pod-sandbox.ts";
import { podSandboxStatus } from "./runtime/pod-sandbox-status.ts";
import { removeContainer } from "./runtime/remove-container.ts";
import { removePodSandbox } from "./runtime/remove-pod-sandbox.ts";
import { reopenContainerLog } from "./runtime/reopen-container-log.ts";
import { runPodSandbox } from "./runtime/run-pod-sandbox.ts";
import { runtimeConfig } from "./runtime/runtime-config.ts";
import { startContainer } from "./runtime/start-container.ts";
import { status } from "./runtime/status.ts";
import { stopContainer } from "./runtime/stop-container.ts";
import { stopPodSandbox } from "./runtime/stop-pod-sandbox.ts";
import { updateContainerResources } from "./runtime/update-container-resources.ts";
import { updatePodSandboxResources } from "./runtime/update-pod-sandbox-resources.ts";
import { version } from "./runtime/version.ts";
import type { CriDeps } from "./server.ts";

/** Handlers by method name; a method without one is not built yet. */
export type Handlers<Service extends DescService> = {
  readonly [Method in keyof Service["method"]]?: Handler<
    MessageShape<Service["method"][Method]["input"]>,
    MessageShape<Service["method"][Method]["output"]>
  >;
};

export function createRuntimeHandlers(deps: CriDeps): Handlers<typeof RuntimeService> {
  const { engine } = deps;
  return {
    version: (request) => version(request, deps.version),
    status: (request) => status(request, engine.health()),
    runtimeConfig: () => runtimeConfig(deps.cgroupDriver),
    runPodSandbox: (request) => runPodSandbox(request, engine),
    stopPodSandbox: (request) => stopPodSandbox(request, engine),
    removePodSandbox: (request) => removePodSandbox(request, engine),
    podSandboxStatus: (request) => podSandboxStatus(request, engine),
    listPodSandbox: (request) => listPodSandbox(request, engine),
    createContainer: (request) => createContainer(request, engine),
    startContainer: (request) => startContainer(request, engine),
    stopContainer: (request) => stopContainer(request, engine),
    removeContainer: (request) => removeContainer(request, engine),
    containerStatus: (request) => containerStatus(request, engine),
    listContainers: (request) => listContainers(request, engine),
    execSync: (request, call) => execSync(request, engine, call),
    reopenContainerLog: (request) => reopenContainerLog(request, engine),
    updateContainerResources: (request) => updateContainerResources(request, engine),
    updatePodSandboxResources: (request) => updatePodSandboxResources(request, engine),
  };
}

export function createImageHandlers({ images, clock }: CriDeps): Handlers<typeof ImageService> {
  return {
    pullImage: (request, call) => pullImage(request, images, call),
    listImages: (request) => listImages(request, images),
    imageStatus: (request) => imageStatus(request, images),
    removeImage: (request) => removeImage(request, images),
    imageFsInfo: () => imageFsInfo(images, clock),
  };
}
