import {
  type AdminClient,
  type CallOptions,
  type CallRecord,
  type CriClient,
  createAdminClient,
  createCriClient,
} from "#client";
import { type Clock, createSystemClock } from "#foundation";
import type { Console } from "./console.ts";
import type { Environment, Settings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** Time for an act that works for the user (run, create, stop, remove): kubelet's own limit. */
const actTimeoutMs = 120_000;

/** One run of one command: whom it talks to, and how. */
export interface Session {
  readonly client: CriClient;
  /** The same server, each of whose answers may take as long as an act: for programs that act a hundred times. */
  readonly patientClient: () => CriClient;
  /** crisp's own questions, which only a crispd answers. */
  readonly admin: AdminClient;
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
  /** Closes the connections. */
  close(): void;
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
  const shared = {
    endpoint: settings.runtimeEndpoint,
    timeoutMs: settings.timeoutMs,
    ...(settings.isDebug ? { onCall: (record: CallRecord) => terminal.say(describeCall(record)) } : {}),
  };
  const client = createCriClient({ ...shared, imageEndpoint: settings.imageEndpoint });
  const timeoutMs = Math.max(actTimeoutMs, settings.timeoutMs);
  let patient: CriClient | undefined;
  const admin = createAdminClient(shared);
  return {
    client,
    patientClient: () => (patient ??= createCriClient({ ...shared, imageEndpoint: settings.imageEndpoint, timeoutMs })),
    admin,
    terminal,
    console: options.console,
    settings,
    environment: options.environment,
    clock: createSystemClock(),
    signal,
    reading: { signal },
    acting: (timeoutMs = actTimeoutMs) => ({ signal, timeoutMs }),
    exitWith: options.exitWith,
    close: () => {
      client.close();
      patient?.close();
      admin.close();
    },
  };
}

function describeCall({ method, durationMs, error }: CallRecord): string {
  const outcome = error === undefined ? "ok" : `failed: ${error.message}`;
  return `debug: ${method} ${durationMs.toFixed(1)} ms ${outcome}`;
}
