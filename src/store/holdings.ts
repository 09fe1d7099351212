import type { Digest } from "#foundation";
import type { ChainId } from "#spec";
import type { Holdings, Lease, RecordTable } from "./types.ts";

/** Who needs which layers and blobs: owners durably, leases as long as the process lives. */
export class Holders {
  readonly #owners: RecordTable<Holdings>;
  readonly #leases = new Set<{ readonly layers: Set<ChainId>; readonly blobs: Set<Digest> }>();

  constructor(owners: RecordTable<Holdings>) {
    this.#owners = owners;
  }

  hold(owner: string, holdings: Holdings): void {
    if (this.#owners.find(owner) === undefined) this.#owners.insert(owner, holdings);
    else this.#owners.update(owner, () => holdings);
  }

  release(owner: string): void {
    this.#owners.remove(owner);
  }

  lease(): Lease {
    const lease = { layers: new Set<ChainId>(), blobs: new Set<Digest>() };
    this.#leases.add(lease);
    return {
      addLayer: (chainId) => void lease.layers.add(chainId),
      addBlob: (digest) => void lease.blobs.add(digest),
      close: () => void this.#leases.delete(lease),
    };
  }

  /** Everything that anybody holds. */
  held(): { readonly layers: Set<ChainId>; readonly blobs: Set<Digest> } {
    const layers = new Set<ChainId>();
    const blobs = new Set<Digest>();
    for (const holder of [...this.#owners.list(), ...this.#leases]) {
      for (const chainId of holder.layers) layers.add(chainId);
      for (const digest of holder.blobs) blobs.add(digest);
    }
    return { layers, blobs };
  }
}
