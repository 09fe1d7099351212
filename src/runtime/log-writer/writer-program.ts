import { join } from "node:path";
import type { Host } from "#host";
import { buildLogWriter } from "./program.ts";

/** The log writer's program in a directory that lets programs run; made, or made anew, before the first use. */
export class WriterProgram {
  readonly #host: Pick<Host, "files" | "machine">;
  readonly #path: string;
  #made: Promise<string> | undefined;

  constructor(host: Pick<Host, "files" | "machine">, directory: string) {
    this.#host = host;
    this.#path = join(directory, "log-writer");
  }

  /** Where it is; when it could not be made, the next caller tries again. */
  async path(): Promise<string> {
    this.#made ??= this.#ensure();
    try {
      return await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }

  /** Written beside and renamed: those that run keep theirs. */
  async #ensure(): Promise<string> {
    const { files, machine } = this.#host;
    const program = buildLogWriter(machine.architecture);
    const isThere = (await files.stat(this.#path)) !== undefined && (await files.read(this.#path)).equals(program);
    if (!isThere) {
      await files.makeDirectory(join(this.#path, ".."), { mode: 0o755 });
      await files.writeAtomic(this.#path, program, { mode: 0o555 });
    }
    return this.#path;
  }
}
