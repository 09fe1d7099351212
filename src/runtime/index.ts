export { defaultApparmorProfile, formatApparmorProfile } from "./apparmor/default-profile.ts";
export { createConmonRuntime } from "./conmon/conmon-runtime.ts";
export type { ConmonRuntimeDeps, ConmonRuntimeOptions } from "./conmon/options.ts";
export { exampleInput, exampleMount } from "./fake/example-input.ts";
export type { FakeContainer } from "./fake/fake-container.ts";
export { commonPrograms, type FakeProgram, type FakePrograms } from "./fake/fake-program.ts";
export { type FakeAct, FakeRuntime, type FakeRuntimeOptions } from "./fake/fake-runtime.ts";
export { FakeSession } from "./fake/fake-session.ts";
export { loadShimRuntime } from "./load-shim-runtime.ts";
export type { LogObserver } from "./log-writer/log-writers.ts";
export { buildPauseSpec, type PauseSpecInput } from "./pause/build-pause-spec.ts";
export { ensurePauseRoot } from "./pause/pause-root.ts";
export { buildPauseProgram } from "./pause/program.ts";
export type { ShimRuntimeDeps, ShimRuntimeOptions } from "./shim/options.ts";
export { withPod } from "./shim/pod-annotations.ts";
export type { ShimRuntime } from "./shim/shim-runtime.ts";
export { choosePodAnnotations } from "./spec/annotations.ts";
export { buildContainerSpec } from "./spec/build-container-spec.ts";
export { buildResourceUpdate, type ResourceUpdatePlan } from "./spec/build-update.ts";
export type { CdiInjection } from "./spec/inject-cdi.ts";
export type {
  CgroupPlace,
  Clamp,
  ContainerNamespaces,
  ContainerSpec,
  ContainerSpecInput,
  HandlerPolicy,
  HostDevice,
  ImageDefaults,
  MachineFacts,
  NamespaceSource,
  PodFiles,
  ResolvedUser,
} from "./spec/input.ts";
export { chooseLabels } from "./spec/labels.ts";
export { type Origin, type OriginKind, Origins } from "./spec/origins.ts";
export { blockioClassOf } from "./spec/resource-classes.ts";
export { serializeSpec } from "./spec/serialize-spec.ts";
export { parseSignal, resolveStopSignal } from "./spec/stop-signal.ts";
export { type AccountFiles, resolveUser } from "./spec/user.ts";
export type { RuntimeTimeouts } from "./timeouts.ts";
export type {
  CallOptions,
  CheckpointRequest,
  ContainerCheckpoint,
  ContainerExec,
  ContainerExit,
  ContainerHandle,
  ContainerLifecycle,
  ContainerProcess,
  ContainerRef,
  CreateRequest,
  ExecRequest,
  ExecSyncRequest,
  ExecSyncResult,
  LogState,
  OciRuntime,
  PodMembership,
  ResourceUpdate,
  RuntimeFeatures,
  RuntimeProbe,
  RuntimeState,
  RuntimeStatistics,
  ToldDetail,
} from "./types.ts";
