import { type CallOptions, type CallRecord, type CriClient, createCriClient } from "#client";
import { type Clock, createSystemClock } from "#foundation";
import type { Console } from "./console.ts";
import type { Environment, Settings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** Time for an act that works for the user (run, create, stop, remove): kubelet's own limit. */
const actTimeoutMs = 120_000;

/** One run of one command: whom it talks to, and how. */
export interface Session {
  readonly client: CriClient;
  readonly terminal: Terminal;
  readonly console: Console;
  readonly settings: Settings;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Options of a call that only reads: the deadline is the person's `--timeout`. */
  readonly reading: CallOptions;
  /** Options of a call that works: `--timeout` does not limit it. */
  readonly acting: (timeoutMs?: number) => CallOptions;
  /** What the shell gets when the command succeeds with something to tell. */
  readonly exitWith: (code: number) => void;
}

export interface SessionOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly console: Console;
  readonly signal: AbortSignal;
  readonly exitWith: (code: number) => void;
}

/** Everything a command needs; it connects at its first call. */
export function createSession(options: SessionOptions): Session {
  const { settings, terminal, signal } = options;
  return {
    client: createCriClient({
      endpoint: settings.runtimeEndpoint,
      imageEndpoint: settings.imageEndpoint,
      timeoutMs: settings.timeoutMs,
      ...(settings.isDebug ? { onCall: (record) => terminal.say(describeCall(record)) } : {}),
    }),
    terminal,
    console: options.console,
    settings,
    environment: options.environment,
    clock: createSystemClock(),
    signal,
    reading: { signal },
    acting: (timeoutMs = actTimeoutMs) => ({ signal, timeoutMs }),
    exitWith: options.exitWith,
  };
}

function describeCall({ method, durationMs, error }: CallRecord): string {
  const outcome = error === undefined ? "ok" : `failed: ${error.message}`;
  return `debug: ${method} ${durationMs.toFixed(1)} ms ${outcome}`;
}
