import type { Descriptor } from "#spec";
import type { BlobSection } from "#store";
import { sizeMismatch } from "../faults.ts";
import type { ByteRange } from "../registry/endpoint-client.ts";
import { errnoOfNetwork } from "../registry/network-error.ts";
import type { Repository } from "../registry/repository.ts";

export interface PartSource {
  readonly repository: Pick<Repository, "blob">;
  readonly blob: Descriptor;
}

/** A part of a blob, and where it goes. */
export interface Part {
  readonly start: number;
  /** Set to the blob's size when the server answers the first part with the whole. */
  length: number;
  readonly section: BlobSection;
}

export interface PartOptions {
  readonly maxRetries: number;
  /** Called after bytes were added. */
  readonly onAdded: () => void;
  /** Told whether the server keeps to ranges, before the first byte. */
  readonly onHead?: (isRanged: boolean) => void;
}

const brokenConnections: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** Receives one part; a connection that breaks is taken up again where it broke, as long as that brings bytes. */
export async function downloadPart(
  source: PartSource,
  part: Part,
  options: PartOptions,
  signal: AbortSignal,
): Promise<void> {
  let fruitless = 0;
  while (part.section.sizeBytes < part.length) {
    const before = part.section.sizeBytes;
    try {
      await receive(source, part, options, signal);
      // An answer that ends early without breaking is short; a server that gives ranges in smaller ones is not.
      const isWhole = part.length === source.blob.sizeBytes;
      if (part.section.sizeBytes < part.length && (isWhole || part.section.sizeBytes === before)) {
        throw sizeMismatch("blob", source.blob.sizeBytes, part.start + part.section.sizeBytes);
      }
    } catch (error) {
      signal.throwIfAborted();
      fruitless = part.section.sizeBytes > before ? 0 : fruitless + 1;
      if (!brokenConnections.has(errnoOfNetwork(error)) || fruitless > options.maxRetries) throw error;
    }
  }
}

async function receive(source: PartSource, part: Part, options: PartOptions, signal: AbortSignal): Promise<void> {
  const { section } = part;
  const range = rangeOf(source.blob, part);
  for await (const piece of source.repository.blob(source.blob, range, signal, options.onHead)) {
    const wanted = part.length - section.sizeBytes;
    const isLast = part.start + part.length === source.blob.sizeBytes;
    if (piece.length > wanted && isLast) {
      throw sizeMismatch("blob", source.blob.sizeBytes, part.start + section.sizeBytes + piece.length);
    }
    await section.append(piece.length > wanted ? piece.subarray(0, wanted) : piece);
    options.onAdded();
    // Whoever sends the rest of the blob after the part is not listened to.
    if (section.sizeBytes === part.length && !isLast) break;
  }
  await section.flush();
  options.onAdded();
}

function rangeOf(blob: Descriptor, { start, length, section }: Part): ByteRange {
  const from = start + section.sizeBytes;
  return start + length === blob.sizeBytes ? { from } : { from, to: start + length - 1 };
}
