import { allOrNothing, type Digest, type Gate, type Logger, together } from "#foundation";
import type { TreeResult } from "#host";
import type { ChainId, Descriptor } from "#spec";
import type { Layer, StagedBlob, Store } from "#store";
import type { NormalizedImageOptions } from "../options.ts";
import type { UnpackPool } from "../unpack/unpack-pool.ts";
import type { LayerTally } from "./progress.ts";
import type { PullStage } from "./pull-stage.ts";

export interface LayerFetchDeps {
  readonly store: Store;
  readonly logger: Logger;
  readonly options: NormalizedImageOptions;
  readonly pool: UnpackPool;
  /** Bounds how many layers are fetched at once. */
  readonly gate: Gate;
}

/** Where a layer's blob comes from. */
export interface LayerSource {
  /** The file that the blob goes into, or is in. */
  stage(): Promise<StagedBlob>;
  /** Brings the whole blob into the file, and tells `onWritten` how many bytes a reader finds there. */
  receive(received: StagedBlob, onWritten: (bytes: number) => void, signal: AbortSignal): Promise<void>;
}

export interface WantedLayer {
  readonly chainId: ChainId;
  readonly diffId: Digest;
  readonly blob: Descriptor;
  readonly source: LayerSource;
  readonly tally: LayerTally;
  /** The layers below, bottom first; each resolves when it is here. */
  readonly below: readonly Promise<Layer>[];
  readonly stage: PullStage;
}

/**
 * Downloads, checks and unpacks one layer: all of that at once, or nothing of it.
 *
 * The blob goes into a file that an unpacking thread follows, so a slow disk
 * does not hold up the network nor the other way round, and a broken download
 * can go on where it stopped.
 */
export async function fetchLayer(wanted: WantedLayer, deps: LayerFetchDeps, signal: AbortSignal): Promise<Layer> {
  const { chainId, diffId, blob } = wanted;
  const { store, logger, options } = deps;
  return allOrNothing(
    async (undo) => {
      const received = await wanted.source.stage();
      undo.push({ name: "discard layer blob", run: () => received.discard() });
      const staged = await store.layers.stage();
      undo.push({ name: "discard layer directory", run: () => staged.discard() });
      const place = { received, directory: staged.directory };
      const result = await deps.gate.run(() => receiveAndUnpack(wanted, place, deps, signal), signal);
      await inheritFromBelow(wanted, { directory: staged.directory, result }, deps, signal);
      const layer = await wanted.stage("commit", "", async () => {
        if (options.keepBlobs) await received.commit(blob.digest);
        else await received.discard();
        return await staged.commit({ chainId, diffId, usage: result.usage });
      });
      wanted.tally.stage = "done";
      return layer;
    },
    (leftovers, cause) => logger.warn("parts of a layer could not be removed", { leftovers, error: cause }),
  );
}

interface LayerPlace {
  readonly received: StagedBlob;
  readonly directory: string;
}

async function receiveAndUnpack(
  wanted: WantedLayer,
  place: LayerPlace,
  deps: LayerFetchDeps,
  signal: AbortSignal,
): Promise<TreeResult> {
  const { blob, diffId, below, source, tally, stage } = wanted;
  const { maxLayerEntries, maxLayerBytes } = deps.options;
  let tellUnpacker: (bytes: number) => void = () => {};
  const onWritten = (bytes: number): void => {
    tally.receive(bytes);
    tellUnpacker(bytes);
  };
  tally.stage = "downloading";
  const task = {
    blobPath: place.received.path,
    blobDigest: blob.digest,
    blobBytes: blob.sizeBytes,
    diffId,
    directory: place.directory,
    isBottom: below.length === 0,
    limits: { maxEntries: maxLayerEntries, maxBytes: maxLayerBytes },
  };
  const [result] = await together<[TreeResult, void]>(
    [
      (both) => stage("unpack", "", () => deps.pool.unpack(task, (setReceived) => (tellUnpacker = setReceived), both)),
      (both) => stage("download", "", () => source.receive(place.received, onWritten, both)),
    ],
    signal,
  );
  return result;
}

/** A layer below tells what directories look like that this layer only passes through. */
async function inheritFromBelow(
  wanted: WantedLayer,
  unpacked: { readonly directory: string; readonly result: TreeResult },
  deps: LayerFetchDeps,
  signal: AbortSignal,
): Promise<void> {
  const { impliedDirectories } = unpacked.result;
  if (impliedDirectories.length === 0 || wanted.below.length === 0) return;
  const below = await Promise.all(wanted.below);
  const lowers = below.map(({ directory }) => directory).toReversed();
  await deps.pool.inherit({ directory: unpacked.directory, impliedDirectories, lowers }, signal);
}
