import { type Gate, together } from "#foundation";
import type { StagedBlob } from "#store";
import { isRangeRefused } from "../faults.ts";
import type { NormalizedImageOptions } from "../options.ts";
import { downloadPart, type Part, type PartOptions, type PartSource } from "./download-part.ts";

export interface DownloadOptions {
  /** Told how many bytes a reader finds in the file, up to the first gap. */
  readonly onWritten: (bytes: number) => void;
  readonly options: Pick<NormalizedImageOptions, "maxRetries" | "rangeBytes" | "maxRangesPerLayer" | "fastBytesPerMs">;
  /** Lets further connections in; the first one is in already. */
  readonly gate: Gate;
}

/**
 * Receives a whole blob: a large one in parts side by side, when the server gives parts and there is room for more
 * connections.
 *
 * Each part goes to its place in the file, so memory does not grow with them,
 * and a reader follows what is there without a gap.
 */
export async function downloadBlob(
  source: PartSource,
  received: StagedBlob,
  { onWritten, options, gate }: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  const { maxRetries, rangeBytes, maxRangesPerLayer, fastBytesPerMs } = options;
  const onAdded = teller(received, onWritten);
  const first: Part = { start: 0, length: source.blob.sizeBytes, section: received.section(0) };
  const isLarge = rangeBytes > 0 && maxRangesPerLayer > 1 && source.blob.sizeBytes >= 2 * rangeBytes;
  if (!isLarge) return downloadPart(source, first, { maxRetries, onAdded }, signal);
  try {
    const parts = { maxRetries, rangeBytes, maxRangesPerLayer, fastBytesPerMs, gate, onAdded };
    await new PartsDownload(source, received, parts).run(first, signal);
  } catch (error) {
    if (signal.aborted || first.section.sizeBytes > 0 || !isRangeRefused(error)) throw error;
    await downloadPart(source, first, { maxRetries, onAdded }, signal);
  }
}

interface PartsOptions extends PartOptions {
  /** Size of a part. */
  readonly rangeBytes: number;
  readonly maxRangesPerLayer: number;
  /** Helpers come only when one connection gives less: they cost time where the link is not what is waited for. */
  readonly fastBytesPerMs: number;
  readonly gate: Gate;
}

/** One download in parts: a leader that always gets on, and helpers that come when there is room. */
class PartsDownload {
  readonly #source: PartSource;
  readonly #received: StagedBlob;
  readonly #options: PartsOptions;
  /** Where the next part begins. */
  #next: number;
  /** Ends the waiting of helpers for which nothing is left. */
  readonly #drained = new AbortController();

  constructor(source: PartSource, received: StagedBlob, options: PartsOptions) {
    this.#source = source;
    this.#received = received;
    this.#options = options;
    this.#next = options.rangeBytes;
  }

  async run(first: Part, signal: AbortSignal): Promise<void> {
    const { promise: isRanged, resolve: tell } = Promise.withResolvers<boolean>();
    const helpers = Array.from({ length: this.#options.maxRangesPerLayer - 1 }, () => async (both: AbortSignal) => {
      if (await isRanged) await this.#help(both);
    });
    const lead = async (both: AbortSignal): Promise<void> => {
      try {
        await this.#lead(first, tell, both);
      } finally {
        tell(false);
        this.#drained.abort();
      }
    };
    await together<void[]>([lead, ...helpers], signal);
  }

  async #lead(first: Part, tell: (isRanged: boolean) => void, signal: AbortSignal): Promise<void> {
    const { maxRetries, rangeBytes, fastBytesPerMs, onAdded } = this.#options;
    const part: Part = { ...first, length: rangeBytes };
    const startedAt = performance.now();
    let isPart = false;
    const onHead = (isRanged: boolean): void => {
      // Without ranges the first answer is all there is; a later one to the same part changes nothing.
      if (!isRanged && this.#next === rangeBytes && part.section.sizeBytes === 0) {
        part.length = this.#source.blob.sizeBytes;
        this.#next = part.length;
      }
      isPart = isRanged;
    };
    await downloadPart(this.#source, part, { maxRetries, onAdded, onHead }, signal);
    const isFast = rangeBytes >= fastBytesPerMs * (performance.now() - startedAt);
    tell(isPart && !isFast);
    const size = isFast ? this.#source.blob.sizeBytes : rangeBytes;
    while (await this.#downloadNext(signal, size));
  }

  async #help(signal: AbortSignal): Promise<void> {
    const { gate } = this.#options;
    const waiting = AbortSignal.any([signal, this.#drained.signal]);
    try {
      while (await gate.run(() => this.#downloadNext(signal), waiting));
    } catch (error) {
      if (error !== this.#drained.signal.reason) throw error;
    }
  }

  /** Downloads the next part; false when there is none. */
  async #downloadNext(signal: AbortSignal, size: number = this.#options.rangeBytes): Promise<boolean> {
    const { maxRetries, onAdded } = this.#options;
    const start = this.#next;
    const length = Math.min(size, this.#source.blob.sizeBytes - start);
    if (length <= 0) return false;
    this.#next = start + length;
    const part = { start, length, section: this.#received.section(start) };
    await downloadPart(this.#source, part, { maxRetries, onAdded }, signal);
    return true;
  }
}

/** Tells about progress only when there is some. */
function teller(received: StagedBlob, onWritten: (bytes: number) => void): () => void {
  let told = 0;
  return () => {
    const { writtenBytes } = received;
    if (writtenBytes > told) onWritten(writtenBytes);
    told = writtenBytes;
  };
}
