import { createHash, type Hash } from "node:crypto";
import type { Digest } from "#foundation";
import { SpoolReader } from "#host";

const pieceBytes: number = 256 * 1024;
/** Enough to tell a compression by; a shorter piece is the blob's last. */
const minPieceBytes = 4096;

/** A blob that is read while it is received, and hashed as it is read. */
export class BlobSource {
  readonly #reader: SpoolReader;
  readonly #sizeBytes: number;
  readonly #hash: Hash = createHash("sha256");
  #received = 0;
  #wake: (() => void) | undefined;

  constructor(path: string, sizeBytes: number) {
    this.#reader = new SpoolReader(path, pieceBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** Tells how much of the blob is in the file. */
  setReceived(bytes: number): void {
    this.#received = bytes;
    this.#wake?.();
  }

  /** The next piece, once it is there; undefined at the blob's end. Valid until the next call. */
  async next(signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    const remaining = this.#sizeBytes - this.#reader.position;
    if (remaining === 0) return undefined;
    while (this.#received - this.#reader.position < Math.min(minPieceBytes, remaining)) await this.#more(signal);
    const piece = this.#reader.read(this.#received - this.#reader.position);
    this.#hash.update(piece);
    return piece;
  }

  /** The blob's digest; what a decompressor left unread belongs to it, too, and is read here. */
  async digest(signal: AbortSignal): Promise<Digest> {
    while ((await this.next(signal)) !== undefined);
    return `sha256:${this.#hash.digest("hex")}` as Digest;
  }

  close(): void {
    this.#reader.close();
  }

  async #more(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", giveUp, { once: true });
      this.#wake = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
