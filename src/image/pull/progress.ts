import type { Digest } from "#foundation";
import type { ChainId, Descriptor } from "#spec";

/**
 * Where a layer of a pull is. It waits for a place among the downloads; while it
 * downloads it is unpacked, too, and "unpacking" says that only that is left.
 * One that "exists" was here before.
 */
export type LayerStage = "waiting" | "downloading" | "unpacking" | "done" | "exists";

/** How far one layer of a pull is. A live view: it changes while the pull runs. */
export interface LayerProgress {
  readonly digest: Digest;
  /** Size as it is sent. */
  readonly totalBytes: number;
  readonly receivedBytes: number;
  readonly stage: LayerStage;
}

/** What the work on a layer writes down. */
export class LayerTally implements LayerProgress {
  readonly digest: Digest;
  readonly totalBytes: number;
  receivedBytes = 0;
  stage: LayerStage = "waiting";

  constructor({ digest, sizeBytes }: Descriptor) {
    this.digest = digest;
    this.totalBytes = sizeBytes;
  }

  /** Notes how much has arrived. */
  receive(bytes: number): void {
    this.receivedBytes = bytes;
    if (bytes === this.totalBytes) this.stage = "unpacking";
  }
}

/** Tallies of the layers that are being fetched now, over all pulls. */
export type FetchTallies = Map<ChainId, LayerTally>;

/** How far a pull is; empty until the registry has said which layers there are. */
export class PullProgress {
  readonly #layers: LayerTally[] = [];

  get layers(): readonly LayerProgress[] {
    return this.#layers;
  }

  /** Adds the next layer, as far as another pull has brought it. */
  add(tally: LayerTally): void {
    this.#layers.push(tally);
  }
}
