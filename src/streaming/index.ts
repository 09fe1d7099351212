export type { StreamingAddress, StreamingOptions, TlsOptions } from "./options.ts";
export { createStreamingServer, type StreamingDeps } from "./server.ts";
export type {
  AttachRequest,
  ExecRequest,
  PortForwardRequest,
  PortForwardTarget,
  StreamingServer,
  StreamTargets,
  TargetOptions,
} from "./types.ts";
