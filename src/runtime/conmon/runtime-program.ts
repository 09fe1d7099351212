import { type Logger, messageOf } from "#foundation";
import type { FileStat, Host } from "#host";

const trialTimeoutMs = 10_000;

/**
 * The runtime's program, started from memory where that works.
 *
 * A runtime protects itself from its containers by running from something that nobody can change. At each create and exec
 * it copies itself, or mounts itself read-only for a moment, in the node's own mount table; from a sealed copy it does
 * neither.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/libcontainer/nsenter/cloned_binary.c
 */
export class RuntimeProgram {
  readonly #host: Pick<Host, "files" | "processes">;
  readonly #logger: Logger;
  readonly #name: string;
  #kept: { readonly version: string; readonly path: Promise<string> } | undefined;

  constructor(
    name: string,
    { host, logger }: { readonly host: Pick<Host, "files" | "processes">; readonly logger: Logger },
  ) {
    this.#name = name;
    this.#host = host;
    this.#logger = logger;
  }

  /** Where to start it from now: a program that was replaced on disk is copied anew. @throws Fault `not-found` */
  async path(): Promise<string> {
    const file = this.#host.processes.locate(this.#name);
    const found = await this.#host.files.stat(file);
    // What a link leads to may change without the link.
    if (found?.kind !== "file") return file;
    const version = versionOf(found);
    if (this.#kept?.version !== version) this.#kept = { version, path: this.#copy(file) };
    return await this.#kept.path;
  }

  async #copy(file: string): Promise<string> {
    const { processes } = this.#host;
    try {
      const path = await processes.keepInMemory(file);
      const { exitCode } = await processes.run({ program: path, args: ["--version"] }, { timeoutMs: trialTimeoutMs });
      if (exitCode === 0) return path;
      this.#logger.warn("runtime does not start from memory", { program: file, exitCode });
    } catch (error) {
      // A kernel or a policy without such programs: it makes its own copies then.
      this.#logger.warn("runtime does not start from memory", { program: file, error: messageOf(error) });
    }
    return file;
  }
}

function versionOf({ device, inode, sizeBytes, modifiedAtNanos }: FileStat): string {
  return [device, inode, sizeBytes, modifiedAtNanos].join(" ");
}
