import { together } from "#foundation";
import { chainIdsOf, type Descriptor } from "#spec";
import type { Layer, Lease } from "#store";
import { inconsistentImage } from "../faults.ts";
import type { SharedActs } from "../shared-acts.ts";
import { fetchLayer, type LayerFetchDeps, type LayerSource, type WantedLayer } from "./fetch-layer.ts";
import { type FetchTallies, LayerTally, type PullProgress } from "./progress.ts";
import { type PullStage, untoldStage } from "./pull-stage.ts";
import type { ResolvedImage } from "./resolve-image.ts";

export interface LayersDeps extends LayerFetchDeps {
  /** Layers being fetched now, by chain id, over all pulls. */
  readonly fetching: SharedActs<Layer>;
  readonly tallies: FetchTallies;
}

export interface LayersSource {
  /** Where the blob of a layer comes from. */
  readonly of: (blob: Descriptor) => LayerSource;
  readonly lease: Lease;
  readonly progress: PullProgress;
  /** Told of each layer that is missing. @default nobody is told */
  readonly stage?: PullStage;
}

/**
 * Brings all layers of an image here: those that are missing, side by side.
 *
 * A layer that another pull fetches now is waited for. The lease keeps each
 * from being collected.
 */
export async function fetchLayers(
  { manifest, document }: ResolvedImage,
  source: LayersSource,
  deps: LayersDeps,
  signal: AbortSignal,
): Promise<readonly Layer[]> {
  const { lease, progress, stage = untoldStage } = source;
  const chain = chainIdsOf(document.diffIds);
  for (const chainId of chain) lease.addLayer(chainId);
  const arriving: Promise<Layer>[] = [];
  const works = manifest.layers.map((blob, index) => (both: AbortSignal): Promise<Layer> => {
    const chainId = chain[index];
    const diffId = document.diffIds[index];
    if (chainId === undefined || diffId === undefined) throw inconsistentImage("a layer has no diff id");
    // It is kept only when keep_blobs is set, and then nobody may collect it before the image holds it.
    lease.addBlob(blob.digest);
    const tally = deps.tallies.get(chainId) ?? new LayerTally(blob);
    progress.add(tally);
    const wanted = { chainId, diffId, blob, source: source.of(blob), tally, below: [...arriving], stage };
    const layer = obtain(wanted, deps, both);
    arriving.push(layer);
    return layer;
  });
  return together<Layer[]>(works, signal);
}

async function obtain(wanted: WantedLayer, deps: LayersDeps, signal: AbortSignal): Promise<Layer> {
  const present = deps.store.layers.find(wanted.chainId);
  if (present !== undefined) {
    wanted.tally.stage = "exists";
    return present;
  }
  return wanted.stage("layer", wanted.blob.digest, () =>
    deps.fetching.join(wanted.chainId, (shared) => fetchTallied(wanted, deps, shared), signal),
  );
}

/** Others that want the layer meanwhile see how far it is. */
async function fetchTallied(wanted: WantedLayer, deps: LayersDeps, signal: AbortSignal): Promise<Layer> {
  const { chainId, tally } = wanted;
  deps.tallies.set(chainId, tally);
  try {
    return await fetchLayer(wanted, deps, signal);
  } finally {
    if (deps.tallies.get(chainId) === tally) deps.tallies.delete(chainId);
  }
}
