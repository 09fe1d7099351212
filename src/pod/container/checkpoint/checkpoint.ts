import { randomBytes } from "node:crypto";
import { basename, dirname, isAbsolute, join } from "node:path";
import { type ContainerId, deadline, faultOfAbort, messageOf, orAborted } from "#foundation";
import type { PodContext } from "../../context.ts";
import type { CheckpointOptions } from "../../engine.ts";
import { fieldInvalid } from "../../faults.ts";
import { type ContainerRecord, untilReboot } from "../../records.ts";
import { actOnContainer, stagesOfContainer } from "../../stage.ts";
import { runningContainer } from "../running.ts";
import { endCheckpoint } from "./end.ts";
import { type CheckpointSignals, writeImages } from "./images.ts";
import { writeTreeArchive } from "./tree-archive.ts";

/** How long a caller waits who does not say: as long as kubelet does. */
const defaultTimeoutMs = 120_000;

/**
 * Writes a checkpoint of a running container into an archive, from which others can see what it did; it runs on.
 *
 * What a caller who gives up leaves half done is taken away a little later: the images are let be completed, for the
 * container's sake. A stop of the container does not wait for that.
 *
 * @throws Fault `invalid` for a location that is none, `not-found` when its directory is missing
 * @throws Fault `wrong-state` when the container does not run
 * @throws Fault `unsupported` or `unavailable` when its runtime has no checkpoints, or not the program that writes them
 * @throws Fault `timed-out`
 */
export async function checkpointContainer(
  context: PodContext,
  id: string,
  { location, timeoutMs, signal }: CheckpointOptions,
  keep: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (!isAbsolute(location)) throw fieldInvalid("location", `must be an absolute path, is ${JSON.stringify(location)}`);
  const { record } = runningContainer(context, id);
  const patience = deadline(timeoutMs === 0 ? defaultTimeoutMs : timeoutMs, signal);
  const writing = keep(() => writeInTurn(context, record.id, { location, patience }));
  try {
    await orAborted(writing, patience);
  } catch (error) {
    throw patience.aborted ? faultOfAbort(`write ${location}`, patience) : error;
  }
}

interface Wanted extends Pick<CheckpointSignals, "patience"> {
  readonly location: string;
}

/** One act at a time on a container: a removal, or another checkpoint, comes before this or after it. */
async function writeInTurn(context: PodContext, id: ContainerId, wanted: Wanted): Promise<void> {
  await context.locks.run(id, async () => {
    wanted.patience.throwIfAborted();
    const { record } = runningContainer(context, id);
    await actOnContainer(context, record, "checkpoint", () =>
      context.checkpoints.run(id, (abandoned) => write(context, record, { ...wanted, abandoned })),
    );
  });
}

/** All that it needs is given back in any case; what cannot be stays in the record, for the next daemon. */
async function write(context: PodContext, record: ContainerRecord, wanted: Wanted & CheckpointSignals): Promise<void> {
  const { location, patience, abandoned } = wanted;
  const signal = AbortSignal.any([patience, abandoned]);
  const stage = stagesOfContainer(context, record);
  const directory = context.paths.checkpoint(record.id);
  const temporary = join(dirname(location), `.${basename(location)}.${randomBytes(6).toString("hex")}.tmp`);
  // What an earlier one could not take away: its record goes now.
  await endCheckpoint(context, record);
  context.containers.update(record.id, (old) => ({ ...old, checkpoint: { temporary } }), untilReboot);
  try {
    await writeTreeArchive(context.host, { path: location, temporary, signal }, async ({ add }) => {
      await stage("prepare checkpoint", () => context.host.files.makeDirectory(directory, { mode: 0o700 }));
      await stage("write images", () => writeImages(context, record, { directory, patience, abandoned }));
      await stage("write archive", async () => {
        for await (const entry of context.host.files.walkTree(directory, { signal })) await add(entry);
      });
    });
  } finally {
    await endCheckpoint(context, record).catch((error: unknown) => {
      context.logger.error("cannot take away what a checkpoint needed", {
        containerId: record.id,
        error: messageOf(error),
      });
    });
  }
  context.logger.info("container checkpointed", {
    containerId: record.id,
    name: record.config.metadata.name,
    location,
  });
}
