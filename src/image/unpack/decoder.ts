import type { Transform } from "node:stream";
import { releaseMemory } from "#host";

/** A zlib stream: it counts the bytes that it has used. */
export type ZlibStream = Transform & { readonly bytesWritten: number };

/**
 * Drives a decompressing stream one piece at a time.
 *
 * `write` returns when all that the piece unpacks to has been taken, so that
 * its buffer can be filled again, and the unpacked pieces' memory is given back
 * at once: a thread holds three buffers a layer, whatever the layer's size.
 */
export class Decoder {
  readonly #stream: ZlibStream;
  readonly #failed = Promise.withResolvers<never>();
  readonly #ended = Promise.withResolvers<void>();
  #fedBytes = 0;

  /** `take` may use a piece only during its call. */
  constructor(stream: ZlibStream, take: (piece: Buffer) => void) {
    this.#stream = stream;
    // Not every failure finds somebody waiting.
    this.#failed.promise.catch(() => {});
    stream.once("error", (error) => this.#failed.reject(error));
    stream.once("end", () => this.#ended.resolve());
    stream.on("data", (piece: Buffer) => {
      try {
        take(piece);
        releaseMemory(piece);
      } catch (error) {
        this.#failed.reject(error);
        stream.destroy();
      }
    });
  }

  /** Unpacks a piece; false when the stream had ended before the piece did, so that no more is wanted. */
  async write(piece: Buffer): Promise<boolean> {
    this.#fedBytes += piece.length;
    const written = new Promise<void>((resolve) => this.#stream.write(piece, () => resolve()));
    await Promise.race([this.#failed.promise, written]);
    return this.#stream.bytesWritten === this.#fedBytes;
  }

  /** Unpacks what is left. */
  async end(): Promise<void> {
    this.#stream.end();
    await Promise.race([this.#failed.promise, this.#ended.promise]);
  }

  close(): void {
    this.#stream.destroy();
  }
}
