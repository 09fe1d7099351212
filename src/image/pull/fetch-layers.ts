import { Fault, together } from "#foundation";
import { chainIdsOf } from "#spec";
import type { Layer, Lease } from "#store";
import { inconsistentImage } from "../faults.ts";
import type { Repository } from "../registry/repository.ts";
import type { SharedActs } from "../shared-acts.ts";
import { fetchLayer, type LayerFetchDeps } from "./fetch-layer.ts";
import type { ResolvedImage } from "./resolve-image.ts";

export interface LayersDeps extends LayerFetchDeps {
  /** Layers being fetched now, by chain id, over all pulls. */
  readonly fetching: SharedActs<Layer>;
}

/**
 * Brings all layers of an image here: those that are missing, side by side.
 *
 * A layer that another pull fetches now is waited for. The lease keeps each
 * from being collected.
 */
export async function fetchLayers(
  { manifest, document }: ResolvedImage,
  source: { readonly repository: Repository; readonly lease: Lease },
  deps: LayersDeps,
  signal: AbortSignal,
): Promise<readonly Layer[]> {
  const { repository, lease } = source;
  const chain = chainIdsOf(document.diffIds);
  for (const chainId of chain) lease.addLayer(chainId);
  const arriving: Promise<Layer>[] = [];
  const works = manifest.layers.map((blob, index) => (both: AbortSignal): Promise<Layer> => {
    const chainId = chain[index];
    const diffId = document.diffIds[index];
    if (chainId === undefined || diffId === undefined) throw inconsistentImage("a layer has no diff id");
    const wanted = { chainId, diffId, blob, repository, below: [...arriving] };
    const layer = obtain(wanted, deps, both);
    arriving.push(layer);
    return layer;
  });
  return together<Layer[]>(works, signal);
}

async function obtain(wanted: Parameters<typeof fetchLayer>[0], deps: LayersDeps, signal: AbortSignal): Promise<Layer> {
  const present = deps.store.layers.find(wanted.chainId);
  if (present !== undefined) return present;
  try {
    return await deps.fetching.join(wanted.chainId, (shared) => fetchLayer(wanted, deps, shared), signal);
  } catch (error) {
    throw Fault.within(`layer ${wanted.blob.digest}`, error);
  }
}
