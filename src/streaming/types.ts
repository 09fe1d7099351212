import type { Duplex } from "node:stream";
import type { ContainerId, SandboxId } from "#foundation";
import type { ProcessSession, WantedStreams } from "#spec";

/** A new process in a running container. */
export interface ExecRequest extends WantedStreams {
  readonly containerId: ContainerId;
  readonly command: readonly string[];
}

/** The first process of a running container. */
export interface AttachRequest extends WantedStreams {
  readonly containerId: ContainerId;
}

/** Connections into a sandbox; the ports are what old WebSocket clients leave to the URL. */
export interface PortForwardRequest {
  readonly sandboxId: SandboxId;
  readonly ports: readonly number[];
}

export interface PortForwardTarget {
  readonly sandboxId: SandboxId;
  readonly port: number;
}

/** The signal ends waiting for the act itself; what the act returned outlives it. */
export interface TargetOptions {
  readonly signal: AbortSignal;
}

/** Where streams lead: declared here, where they are used; the daemon fills it in. */
export interface StreamTargets {
  /** @throws Fault `wrong-state` when the container does not run, `invalid` when the command cannot be started */
  exec(request: ExecRequest, options: TargetOptions): Promise<ProcessSession>;
  /**
   * Joins the container's own streams; what comes is what it writes from now on.
   * Its outputs are read here without a pause, so that no client can stall the
   * container: one that falls too far behind is dropped.
   *
   * @throws Fault `wrong-state` when the container does not run
   */
  attach(request: AttachRequest, options: TargetOptions): Promise<ProcessSession>;
  /**
   * Connects to a port inside the sandbox: 127.0.0.1, then ::1. `end()` of
   * either side is a half close.
   *
   * @throws Fault `unavailable` when nothing listens there
   */
  portForward(target: PortForwardTarget, options: TargetOptions): Promise<Duplex>;
}

/**
 * Serves exec, attach and port-forward over HTTP upgrades.
 *
 * Each URL is absolute, may be used once, and is void after the token's life.
 * What a request may ask for is checked here; whether its container runs is for
 * the caller to check before.
 */
export interface StreamingServer {
  /** @throws Fault `invalid` without any stream, with a terminal and standard error, or without a command */
  execUrl(request: ExecRequest): string;
  /** @throws Fault `invalid` without any stream, or with a terminal and standard error */
  attachUrl(request: AttachRequest): string;
  portForwardUrl(request: PortForwardRequest): string;
  /** Voids the URLs, ends the sessions, stops listening. */
  close(): Promise<void>;
}
