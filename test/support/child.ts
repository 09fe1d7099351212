import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

const runFile = promisify(execFile);

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Where its output goes; shown when it fails. */
  readonly logFile: string;
  /** Outlives the process that started it. */
  readonly isDetached?: boolean;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program that a test started and alone may end. */
export interface Child {
  readonly pid: number;
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL when it has not ended `graceMs` later. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** The last lines of its output. */
  logTail(lines?: number): string;
}

/** Starts a program with its output in a file. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openSync(options.logFile, "a");
  const child = spawn(options.command, [...options.args], {
    stdio: ["ignore", log, log],
    detached: options.isDetached ?? false,
    env: { ...process.env, ...options.environment },
  });
  closeSync(log);
  await once(child, "spawn");
  if (options.isDetached === true) child.unref();
  return { pid: pidOf(child), ...controlsOf(child), logTail: (lines = 30) => tailOf(options.logFile, lines) };
}

/** The last lines of a file; empty when it is not there. */
export function tailOf(file: string, lines: number): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** Runs a program to its end and returns its standard output; rejects with its standard error. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runFile(command, [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

function controlsOf(child: ChildProcess): Pick<Child, "hasEnded" | "stop" | "kill"> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<void> => {
    if (hasEnded()) return;
    child.ref();
    const ended = once(child, "exit");
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(killer);
  };
  return { hasEnded, stop: (graceMs = 10_000) => end("SIGTERM", graceMs), kill: () => end("SIGKILL", 10_000) };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`start ${child.spawnfile}: no process id`);
  return child.pid;
}
