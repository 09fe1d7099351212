export type {
  AttachRequest,
  ExecRequest,
  PortForwardRequest,
  PortForwardTarget,
  ProcessEnd,
  ProcessSession,
  StreamingServer,
  StreamTargets,
  TargetOptions,
  TerminalSize,
  WantedStreams,
} from "./types.ts";
