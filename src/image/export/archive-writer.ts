import type { PieceSink } from "#host";
import { plainTarFile, type TarOutput, TarWriter } from "#wire";

/** Adds bytes to the file of an archive that is being written. They may be used again afterwards. */
export type Append = TarOutput;

/** Writes a tar archive, file by file, each name once: equal names are equal content here. */
export class ArchiveWriter {
  readonly #tar: TarWriter;
  readonly #written = new Set<string>();

  constructor(sink: PieceSink, signal: AbortSignal) {
    this.#tar = new TarWriter((bytes) => sink.write(bytes, signal));
  }

  /** @throws Fault `broken` when `fill` brings another number of bytes than was said */
  async file(path: string, sizeBytes: number, fill: (append: Append) => Promise<void>): Promise<void> {
    if (this.#written.has(path)) return;
    this.#written.add(path);
    await this.#tar.file(plainTarFile(path, sizeBytes), fill);
  }

  async document(path: string, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.file(path, bytes.length, (append) => append(bytes));
  }

  async end(): Promise<void> {
    await this.#tar.end();
  }
}
