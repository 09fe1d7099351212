export type { PodOptions } from "./context.ts";
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
  PortForwardTarget,
  SandboxView,
  StreamOptions,
} from "./engine.ts";
export { type NativeEngine, type NativeEngineDeps, openNativeEngine } from "./native-engine.ts";
