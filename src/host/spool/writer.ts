import { type FileHandle, open } from "node:fs/promises";
import { hostFault } from "../faults.ts";
import { SpoolSection } from "./section.ts";

/** A new file that grows at its end, or in several sections, while a {@link SpoolReader} may already follow it. */
export class SpoolWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #main: SpoolSection;
  /** In order of where they begin. */
  #sections: readonly SpoolSection[];

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
    this.#main = new SpoolSection(file, path, 0);
    this.#sections = [this.#main];
  }

  /** Makes the file. @throws Fault `exists` when there is one of this name */
  static async create(path: string): Promise<SpoolWriter> {
    try {
      return new SpoolWriter(path, await open(path, "wx", 0o600));
    } catch (error) {
      throw hostFault(`create ${path}`, error);
    }
  }

  /** All bytes that were added. */
  get sizeBytes(): number {
    return this.#sections.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Those that a reader finds in the file, up to the first gap. */
  get writtenBytes(): number {
    let end = 0;
    for (const { start, writtenBytes } of this.#sections) {
      if (start > end) break;
      end = Math.max(end, start + writtenBytes);
    }
    return end;
  }

  /**
   * Opens a part of the file that is filled beside others. What is added to one must end where the next begins.
   *
   * @param start must not be inside of what another section holds
   */
  section(start: number): SpoolSection {
    const section = new SpoolSection(this.#file, this.path, start);
    this.#sections = [...this.#sections, section].toSorted((a, b) => a.start - b.start);
    return section;
  }

  /** Adds bytes at the file's end, as {@link SpoolSection.append} does. */
  append(bytes: Uint8Array): Promise<void> {
    return this.#main.append(bytes);
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    for (const section of this.#sections) await section.flush();
  }

  /** Closes the file; twice is fine. What was not flushed is lost. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}
