import type { Descriptor } from "#spec";
import type { StagedBlob } from "#store";
import { sizeMismatch } from "../faults.ts";
import type { Repository } from "../registry/repository.ts";

export interface DownloadOptions {
  /** Told how many bytes a reader finds in the file. */
  readonly onWritten: (bytes: number) => void;
  readonly maxRetries: number;
}

/** Receives the whole blob; a connection that breaks is taken up again where it broke, as long as that brings bytes. */
export async function downloadBlob(
  { repository, blob }: { readonly repository: Repository; readonly blob: Descriptor },
  received: StagedBlob,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  let fruitless = 0;
  while (received.sizeBytes < blob.sizeBytes) {
    const before = received.sizeBytes;
    try {
      await receive(repository.blob(blob, before, signal), blob, received, options.onWritten);
      if (received.sizeBytes < blob.sizeBytes) throw sizeMismatch("blob", blob.sizeBytes, received.sizeBytes);
    } catch (error) {
      signal.throwIfAborted();
      fruitless = received.sizeBytes > before ? 0 : fruitless + 1;
      if (!isBrokenConnection(error) || fruitless > options.maxRetries) throw error;
    }
  }
}

async function receive(
  pieces: AsyncGenerator<Buffer>,
  blob: Descriptor,
  received: StagedBlob,
  onWritten: (bytes: number) => void,
): Promise<void> {
  let told = received.writtenBytes;
  const tell = (): void => {
    if (received.writtenBytes > told) onWritten(received.writtenBytes);
    told = received.writtenBytes;
  };
  for await (const piece of pieces) {
    const total = received.sizeBytes + piece.length;
    if (total > blob.sizeBytes) throw sizeMismatch("blob", blob.sizeBytes, total);
    await received.append(piece);
    tell();
  }
  await received.flush();
  tell();
}

function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
