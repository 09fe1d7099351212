import { Fault } from "#foundation";
import { encodeTarEntry, tarEnd, tarPadding } from "./encode.ts";
import type { TarEntry } from "./entry.ts";

/** Takes the next bytes of an archive. They may be used again when it has returned. */
export type TarOutput = (bytes: Uint8Array) => Promise<void>;

/** Writes a tar archive, entry by entry. */
export class TarWriter {
  readonly #output: TarOutput;

  constructor(output: TarOutput) {
    this.#output = output;
  }

  /** Adds what has no content. */
  async entry(entry: TarEntry): Promise<void> {
    await this.#write(encodeTarEntry(entry));
  }

  /** Adds a file, whose content `fill` brings. @throws Fault `broken` when that is another number of bytes than was said */
  async file(entry: TarEntry, fill: (append: TarOutput) => Promise<void>): Promise<void> {
    const { path, sizeBytes } = entry;
    await this.#write(encodeTarEntry(entry));
    let filled = 0;
    await fill(async (bytes) => {
      filled += bytes.length;
      if (filled <= sizeBytes) await this.#write(bytes);
    });
    if (filled !== sizeBytes) throw new Fault("broken", `${path} has changed: ${filled} bytes instead of ${sizeBytes}`);
    await this.#write(tarPadding(sizeBytes));
  }

  async end(): Promise<void> {
    await this.#write(tarEnd);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#output(bytes);
  }
}
