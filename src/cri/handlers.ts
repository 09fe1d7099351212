import type { Handlers } from "#grpc";
import type { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import type { CriDeps } from "./deps.ts";
import { imageFsInfo } from "./image/image-fs-info.ts";
import { imageStatus } from "./image/image-status.ts";
import { listImages, streamImages } from "./image/list-images.ts";
import { pullImage } from "./image/pull-image.ts";
import { removeImage } from "./image/remove-image.ts";
import { MetricsEncoder } from "./metrics/metrics-encoder.ts";
import { attach } from "./runtime/attach.ts";
import { checkpointContainer } from "./runtime/checkpoint-container.ts";
import { containerStats } from "./runtime/container-stats.ts";
import { containerStatus } from "./runtime/container-status.ts";
import { createContainer } from "./runtime/create-container.ts";
import { exec } from "./runtime/exec.ts";
import { execSync } from "./runtime/exec-sync.ts";
import { getContainerEvents } from "./runtime/get-container-events.ts";
import { listContainerStats, streamContainerStats } from "./runtime/list-container-stats.ts";
import { encodedContainers, listContainers, streamContainers } from "./runtime/list-containers.ts";
import { listMetricDescriptors } from "./runtime/list-metric-descriptors.ts";
import { encodedSandboxes, listPodSandbox, streamPodSandboxes } from "./runtime/list-pod-sandbox.ts";
import { listPodSandboxMetrics, streamPodSandboxMetrics } from "./runtime/list-pod-sandbox-metrics.ts";
import { listPodSandboxStats, streamPodSandboxStats } from "./runtime/list-pod-sandbox-stats.ts";
import { podSandboxStats } from "./runtime/pod-sandbox-stats.ts";
import { podSandboxStatus } from "./runtime/pod-sandbox-status.ts";
import { portForward } from "./runtime/port-forward.ts";
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
import { updateRuntimeConfig } from "./runtime/update-runtime-config.ts";
import { version } from "./runtime/version.ts";

export function createRuntimeHandlers(deps: CriDeps): Handlers<typeof RuntimeService> {
  const { engine } = deps;
  const [sandboxes, containers, metrics] = [encodedSandboxes(), encodedContainers(), new MetricsEncoder()];
  return {
    version: (request) => version(request, deps.version),
    status: (request) => status(request, engine.health()),
    runtimeConfig: () => runtimeConfig(deps.cgroupDriver),
    updateRuntimeConfig: (request) => updateRuntimeConfig(request, engine),
    runPodSandbox: (request) => runPodSandbox(request, engine),
    stopPodSandbox: (request) => stopPodSandbox(request, engine),
    removePodSandbox: (request) => removePodSandbox(request, engine),
    podSandboxStatus: (request) => podSandboxStatus(request, deps),
    listPodSandbox: (request) => listPodSandbox(request, engine, sandboxes),
    createContainer: (request) => createContainer(request, engine),
    startContainer: (request, call) => startContainer(request, engine, call),
    stopContainer: (request) => stopContainer(request, engine),
    removeContainer: (request) => removeContainer(request, engine),
    containerStatus: (request) => containerStatus(request, engine),
    listContainers: (request) => listContainers(request, engine, containers),
    execSync: (request, call) => execSync(request, engine, call),
    exec: (request) => exec(request, engine, deps.streamUrls),
    attach: (request) => attach(request, engine, deps.streamUrls),
    portForward: (request) => portForward(request, engine, deps.streamUrls),
    reopenContainerLog: (request) => reopenContainerLog(request, engine),
    containerStats: (request) => containerStats(request, engine),
    listContainerStats: (request) => listContainerStats(request, engine),
    podSandboxStats: (request) => podSandboxStats(request, engine),
    listPodSandboxStats: (request) => listPodSandboxStats(request, engine),
    streamPodSandboxes: (request) => streamPodSandboxes(request, engine, sandboxes),
    streamContainers: (request) => streamContainers(request, engine, containers),
    streamContainerStats: (request) => streamContainerStats(request, engine),
    streamPodSandboxStats: (request) => streamPodSandboxStats(request, engine),
    listMetricDescriptors: () => listMetricDescriptors(),
    listPodSandboxMetrics: () => listPodSandboxMetrics(engine, metrics),
    streamPodSandboxMetrics: () => streamPodSandboxMetrics(engine, metrics),
    getContainerEvents: (_request, call) => getContainerEvents(engine, call),
    checkpointContainer: (request, call) => checkpointContainer(request, engine, call),
    updateContainerResources: (request) => updateContainerResources(request, engine),
    updatePodSandboxResources: (request) => updatePodSandboxResources(request, engine),
  };
}

export function createImageHandlers({ images, engine, clock }: CriDeps): Handlers<typeof ImageService> {
  return {
    pullImage: (request, call) => pullImage(request, { images, engine }, call),
    listImages: (request) => listImages(request, images),
    imageStatus: (request) => imageStatus(request, images),
    removeImage: (request) => removeImage(request, images),
    streamImages: (request) => streamImages(request, images),
    imageFsInfo: () => imageFsInfo(images, clock),
  };
}
