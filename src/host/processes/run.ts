import { deadline, Fault } from "#foundation";
import { processStuck } from "../faults.ts";
import type { Command, ExitStatus, RunOptions, RunResult } from "../types.ts";
import type { LinuxChild } from "./linux-child.ts";
import type { Output } from "./output.ts";
import { describeStuck } from "./stuck.ts";

/** A child whose outputs are collected. */
export interface RunningChild {
  readonly child: LinuxChild;
  readonly stdout: Output;
  readonly stderr: Output;
}

const sigterm = 15;
const sigkill = 9;
/** Time between TERM and KILL, and from then until the process is given up. */
const graceMs = 2_000;

/** Follows a program that was started to its end, to the deadline or to the caller's abort: what comes first counts. */
export async function runToEnd(command: Command, running: RunningChild, options: RunOptions): Promise<RunResult> {
  const { child, stdout, stderr } = running;
  const startedAt = performance.now();
  const limit = deadline(options.timeoutMs, options.signal);
  try {
    if (options.stdin !== undefined) child.writers[0]?.end(options.stdin);
    const ownExit = await exitBefore(child, limit);
    const exit = ownExit ?? (await stop(command, running));
    if (ownExit === undefined && options.signal?.aborted === true) {
      throw Fault.within(`run ${command.program}`, options.signal.reason);
    }
    const durationMs = performance.now() - startedAt;
    return { ...exit, stdout: stdout.finish(), stderr: stderr.finish(), durationMs, timedOut: ownExit === undefined };
  } finally {
    child.writers[0]?.destroy();
    stdout.finish();
    stderr.finish();
  }
}

/** Ends the whole group: what the program started must not outlive the run that was cut short. */
async function stop(command: Command, { child, stdout }: RunningChild): Promise<ExitStatus> {
  child.killGroupAtEnd();
  child.kill(sigterm, "group");
  const graceful = await exitBefore(child, AbortSignal.timeout(graceMs));
  if (graceful !== undefined) return graceful;
  child.kill(sigkill, "group");
  const killed = await exitBefore(child, AbortSignal.timeout(graceMs));
  if (killed === undefined) {
    throw processStuck(command.program, child.pid, { stdout: stdout.finish(), stuck: describeStuck(child.pid) });
  }
  return killed;
}

/** How the child ended; undefined when the signal came first. */
async function exitBefore(child: LinuxChild, signal: AbortSignal): Promise<ExitStatus | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const giveUp = (): void => resolve(undefined);
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([child.exited, promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
