import type { Duplex, Readable, Writable } from "node:stream";
import type { ContainerId, Fault, SandboxId } from "#foundation";

/** Which of a process's streams a client wants. With a terminal, standard error is part of standard output. */
export interface WantedStreams {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

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

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a process ended, or why its end will never be known. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "failed"; readonly fault: Fault };

/**
 * One client's hold on a process.
 *
 * A stream is there exactly when the request wanted it and the process has it.
 * An output ends after the last byte that was written to it, at the latest a
 * bounded moment after the process when a grandchild keeps it open; a slow reader
 * loses nothing by that. An output that fails is destroyed with a Fault.
 *
 * Ending `stdin` closes the process's standard input: with a terminal and for
 * attach without `stdin_once` it is only forgotten. Writes after the process
 * has ended are dropped, never an uncaught error.
 */
export interface ProcessSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** Sets the terminal's size; without one, and after the end, it does nothing. */
  resize(size: TerminalSize): void;
  /** Settles once the process has ended, whether or not its output has been read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /**
   * Lets go: ends an exec'ed process with all its children; an attached
   * container runs on. Idempotent; destroys the streams.
   */
  close(): Promise<void>;
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
