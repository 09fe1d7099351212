import { join } from "node:path";
import { isFault, longestTimerMs } from "#foundation";
import type { ProcessIdentity, RunResult } from "#host";
import { decodeProcessIdentity, describeRuntimeError, encodeProcessIdentity } from "#spec";
import { assertCriu, readDumpErrors } from "../criu.ts";
import { checkpointFailed, noCheckpoint, runtimeTimedOut, wrongState } from "../faults.ts";
import { endsWithin } from "../process-life.ts";
import { standStill } from "../stand-still.ts";
import type { CallOptions, CheckpointRequest, ContainerHandle, ContainerRef } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import { inspectContainer } from "./delete-container.ts";
import type { ConmonContext } from "./options.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";
import { isInitAlive } from "./signal-container.ts";

/** Longest time that a checkpoint of an earlier daemon's may still take. */
const lastCheckpointMs = 600_000;

/** Writes a checkpoint through the runtime, which calls CRIU; see `ContainerCheckpoint.checkpoint`. */
export async function checkpointContainer(
  context: ConmonContext,
  container: ContainerHandle,
  { imageDirectory, workDirectory, whileStill, signal }: CheckpointRequest & CallOptions,
): Promise<void> {
  const { id } = container;
  const act = `checkpoint ${id}`;
  const options = signal === undefined ? {} : { signal };
  if (!isInitAlive(context, container)) throw wrongState("checkpoint", id, "it has ended");
  await assertCan(context, act);
  const freezer = {
    pause: async () => assertSucceeded(`pause ${id}`, await runRuntime(context, ["pause", id], options)),
    resume: () => resumeContainer(context, container, {}),
  };
  const write = async (): Promise<void> => {
    // File locks: a container that holds one could not be written otherwise.
    const places = ["--image-path", imageDirectory, "--work-path", workDirectory];
    const args = ["checkpoint", ...places, "--leave-running", "--file-locks", id];
    // All of a container's memory is written: the caller knows how long that may take.
    const timeoutMs = signal === undefined ? context.settings.timeouts.callMs : longestTimerMs;
    const result = await runNoted(context, container, { args, timeoutMs, ...options });
    if (result.exitCode !== 0 || result.timedOut) await fail(context, container, { act, workDirectory, result });
    await whileStill();
  };
  await standStill(freezer, write, { logger: context.logger, id });
}

interface NotedRun extends CallOptions {
  readonly args: readonly string[];
  readonly timeoutMs: number;
}

/** Runs the runtime, and notes who it is for as long as it runs: a daemon that comes after this one finds it by that. */
async function runNoted(
  context: ConmonContext,
  { bundleDirectory }: ContainerRef,
  { args, ...options }: NotedRun,
): Promise<RunResult> {
  const { files } = context.host;
  const { checkpointer } = bundleFiles(bundleDirectory);
  let noting: Promise<void> = Promise.resolve();
  const onStart = (process: ProcessIdentity): void => {
    noting = files.write(checkpointer, encodeProcessIdentity(process), { mode: 0o600 });
    // Awaited below, whatever becomes of the run.
    noting.catch(() => undefined);
  };
  try {
    return await runRuntime(context, args, { ...options, onStart });
  } finally {
    await noting;
    await files.remove(checkpointer);
  }
}

/**
 * Lets a container run on that the runtime has paused.
 *
 * Not before a runtime has ended that an earlier daemon had write a checkpoint: CRIU freezes again what it found frozen.
 */
export async function resumeContainer(
  context: ConmonContext,
  container: ContainerRef,
  options: CallOptions,
): Promise<void> {
  await awaitCheckpointer(context, container);
  if ((await inspectContainer(context, container, options)) !== "paused") return;
  const result = await runRuntime(context, ["resume", container.id], options);
  // Whoever else has let it run on, or ended it, has done the same.
  if (result.exitCode !== 0 && (await inspectContainer(context, container, options)) !== "paused") return;
  assertSucceeded(`resume ${container.id}`, result);
}

async function awaitCheckpointer({ host }: ConmonContext, { id, bundleDirectory }: ContainerRef): Promise<void> {
  const { checkpointer } = bundleFiles(bundleDirectory);
  const text = await host.files.readText(checkpointer).catch((error: unknown) => {
    if (isFault(error, "not-found")) return "";
    throw error;
  });
  const process = decodeProcessIdentity(text);
  if (process !== undefined && !(await endsWithin(host, process, lastCheckpointMs))) {
    throw runtimeTimedOut(`the checkpoint of ${id} by an earlier crispd`, lastCheckpointMs);
  }
  await host.files.remove(checkpointer);
}

/** @throws Fault `unsupported`, `unavailable` */
async function assertCan({ program, settings, host }: ConmonContext, act: string): Promise<void> {
  // Its checkpoint ends the container and begins another one in its place.
  if (await program.tellsGuestPid()) throw noCheckpoint(act, `${settings.handler} has none that a container outlives`);
  if (!(await program.hasCheckpoint())) throw noCheckpoint(act, `${settings.handler} was built without it`);
  assertCriu(host, act);
}

interface Failure {
  readonly act: string;
  readonly workDirectory: string;
  readonly result: RunResult;
}

async function fail(
  context: ConmonContext,
  container: ContainerHandle,
  { act, workDirectory, result }: Failure,
): Promise<never> {
  if (!isInitAlive(context, container)) throw wrongState("checkpoint", container.id, "it has ended meanwhile");
  if (result.timedOut) throw runtimeTimedOut(act, result.durationMs);
  const said = describeRuntimeError(result.stderr.toString("utf8"));
  const errors = await readDumpErrors(context.host, join(workDirectory, "dump.log"));
  throw checkpointFailed(act, said.replace(/\s*log file: .*$/s, ""), errors);
}
