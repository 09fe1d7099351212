export { describeLog } from "./container/log-states.ts";
export type { PodOptions } from "./context.ts";
export type { NativeEngineDeps } from "./deps.ts";
export type {
  AttachRequest,
  Condition,
  ContainerFilter,
  ContainerState,
  ContainerView,
  Engine,
  EngineHealth,
  ExecRequest,
  ExecSyncOptions,
  ExecSyncResult,
  HandlerView,
  ListFilter,
  NativeEngine,
  PortForwardTarget,
  RuntimeHealth,
  SandboxView,
  StreamOptions,
} from "./engine.ts";
export type { PodEvent, PodEventType, WatchEventsOptions } from "./events/types.ts";
export type { Handler, HandlerSet } from "./handlers.ts";
export { openNativeEngine } from "./native-engine.ts";
export type {
  ContainerDetail,
  ContainerStats,
  LayerUsage,
  NetworkSample,
  SandboxDetail,
  SandboxStats,
  UsageSample,
} from "./stats/types.ts";
