import { join } from "node:path";
import { isFault } from "#foundation";
import { checkpointNames } from "#spec";
import type { PodContext } from "../../context.ts";
import { getSandbox } from "../../find.ts";
import type { ContainerRecord } from "../../records.ts";
import { stagesOfContainer } from "../../stage.ts";
import { runningContainer } from "../running.ts";
import { describeCheckpoint, describeSpec } from "./describe.ts";
import { writeRootChanges } from "./root-changes.ts";
import { copyFile } from "./tree-archive.ts";

/**
 * How long the images may still take to be complete when nobody waits for them any more: a container whose processes are
 * read could be harmed by an end in the wrong moment.
 */
const lastDumpMs = 30_000;

export interface CheckpointSignals {
  /** Aborts when nobody waits for it any more. */
  readonly patience: AbortSignal;
  /** Aborts when it cannot be waited for, whatever that does to the container. */
  readonly abandoned: AbortSignal;
}

interface Writing extends CheckpointSignals {
  /** Has the form of the archive. */
  readonly directory: string;
}

/** Writes all that an archive is to hold into a directory; what belongs to one moment while the container stands still. */
export async function writeImages(context: PodContext, record: ContainerRecord, writing: Writing): Promise<void> {
  const { directory, patience, abandoned } = writing;
  const signal = AbortSignal.any([patience, abandoned]);
  const { files } = context.host;
  const sandbox = getSandbox(context, record.sandboxId);
  const { runtime, handle } = runningContainer(context, record.id);
  const spec = await files.readText(join(handle.bundleDirectory, "config.json"));
  const imageDirectory = join(directory, checkpointNames.images);
  await files.makeDirectory(imageDirectory, { mode: 0o700 });
  const whileStill = async (): Promise<void> => {
    signal.throwIfAborted();
    await stagesOfContainer(context, record)("copy changed files", () =>
      writeRootChanges(context, record, { directory, spec, signal }),
    );
  };
  const nowNanos = context.clock.nowNanos();
  await letFinish(writing, (last) =>
    context.checkpoints.whileStill(record.id, () =>
      runtime.checkpoint(handle, { imageDirectory, workDirectory: directory, whileStill }, { signal: last }),
    ),
  );
  const config = describeCheckpoint(record, { runtime: runtime.handler, nowNanos });
  await files.write(join(directory, checkpointNames.config), JSON.stringify(config), { mode: 0o600 });
  await files.write(join(directory, checkpointNames.spec), describeSpec(spec, record, sandbox), { mode: 0o600 });
  await copyLog(context, record, { to: join(directory, checkpointNames.containerLog), signal });
}

/** Gives a work a signal that comes at once when it is abandoned, and some time after the patience for it has ended. */
async function letFinish(
  { patience, abandoned }: CheckpointSignals,
  work: (last: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => late.abort(patience.reason), lastDumpMs);
  };
  patience.addEventListener("abort", wait, { once: true });
  try {
    await work(AbortSignal.any([late.signal, abandoned]));
  } finally {
    patience.removeEventListener("abort", wait);
    clearTimeout(timer);
  }
}

/** What the container has said belongs to what it did; that there is nothing yet is no fault. */
async function copyLog(
  { host }: PodContext,
  { logPath }: ContainerRecord,
  { to, signal }: { readonly to: string; readonly signal: AbortSignal },
): Promise<void> {
  if (logPath === "") return;
  try {
    await copyFile(host, { from: logPath, to, signal });
  } catch (error) {
    if (!isFault(error, "not-found")) throw error;
  }
}
