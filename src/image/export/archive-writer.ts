import { Fault } from "#foundation";
import type { PieceSink } from "#host";
import { encodeTarHeader, tarEnd, tarPadding } from "#wire";

/** Adds bytes to the file of an archive that is being written. They may be used again afterwards. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/** Writes a tar archive, file by file, each name once: equal names are equal content here. */
export class ArchiveWriter {
  readonly #sink: PieceSink;
  readonly #signal: AbortSignal;
  readonly #written = new Set<string>();

  constructor(sink: PieceSink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
  }

  /** @throws Fault `broken` when `fill` brings another number of bytes than was said */
  async file(path: string, sizeBytes: number, fill: (append: Append) => Promise<void>): Promise<void> {
    if (this.#written.has(path)) return;
    this.#written.add(path);
    await this.#write(encodeTarHeader({ path, sizeBytes }));
    let filled = 0;
    await fill(async (bytes) => {
      filled += bytes.length;
      if (filled <= sizeBytes) await this.#write(bytes);
    });
    if (filled !== sizeBytes) throw new Fault("broken", `${path} has changed: ${filled} bytes instead of ${sizeBytes}`);
    await this.#write(tarPadding(sizeBytes));
  }

  async document(path: string, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.file(path, bytes.length, (append) => append(bytes));
  }

  async end(): Promise<void> {
    await this.#write(tarEnd);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#sink.write(bytes, this.#signal);
  }
}
