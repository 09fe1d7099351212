import { join } from "node:path";
import { doneOnce } from "#foundation";
import type { Host } from "#host";
import { ensureProgram } from "../own-program.ts";
import { buildLogWriter } from "./program.ts";

/** The log writer's program in a directory that lets programs run; made, or made anew, before the first use. */
export class WriterProgram {
  /** Where it is. */
  readonly path: () => Promise<string>;

  constructor(host: Pick<Host, "files" | "processes" | "machine">, directory: string) {
    const path = join(directory, "log-writer");
    this.path = doneOnce(async () => await ensureProgram(host, path, buildLogWriter(host.machine.architecture)));
  }
}
