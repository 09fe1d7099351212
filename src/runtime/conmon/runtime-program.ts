import { type Logger, messageOf } from "#foundation";
import type { CgroupVersion, FileStat, Host } from "#host";
import { dividesCgroups, readUsage, tellsGuestPid } from "./command-usage.ts";

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
  #kept: Kept | undefined;

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
    return (await this.#keep(file))?.path ?? file;
  }

  /**
   * Whether its `exec` can put a command into a part of its container's cgroup.
   *
   * Of the program that `path` has answered last. It is asked once; one that is started from disk, where it may change at
   * any time, is taken not to.
   */
  async dividesCgroups(version: CgroupVersion): Promise<boolean> {
    const kept = this.#kept;
    if (kept === undefined) return false;
    return dividesCgroups(await this.#askOnce(kept, ["exec", "--help"]), version);
  }

  /** Whether it can give other limits to what runs. One that is kept in memory is asked once. */
  async hasUpdate(): Promise<boolean> {
    return (await this.#ask(["update", "--help"])) !== undefined;
  }

  /** Whether it can write checkpoints: crun can be built without. One that is kept in memory is asked once. */
  async hasCheckpoint(): Promise<boolean> {
    return (await this.#ask(["checkpoint", "--help"])) !== undefined;
  }

  /** Whether its `exec` says which process a command became in a kernel of its own. One that is kept in memory is asked once. */
  async tellsGuestPid(): Promise<boolean> {
    return tellsGuestPid(await this.#ask(["help", "exec"]));
  }

  async #ask(question: readonly string[]): Promise<string | undefined> {
    const program = await this.path();
    return await (this.#kept === undefined ? this.#readUsage(program, question) : this.#askOnce(this.#kept, question));
  }

  #askOnce({ path, usages }: Kept, question: readonly string[]): Promise<string | undefined> {
    const name = question.join(" ");
    const usage = usages.get(name) ?? path.then((program) => this.#readUsage(program, question));
    usages.set(name, usage);
    return usage;
  }

  async #keep(file: string): Promise<Kept | undefined> {
    const found = await this.#host.files.stat(file);
    // What a link leads to may change without the link.
    const version = found?.kind === "file" ? versionOf(found) : undefined;
    if (version === undefined) this.#kept = undefined;
    else if (this.#kept?.version !== version) this.#kept = { version, path: this.#copy(file), usages: new Map() };
    return this.#kept;
  }

  #readUsage(program: string, question: readonly string[]): Promise<string | undefined> {
    return readUsage({ host: this.#host, logger: this.#logger }, program, question);
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

/** What is known of the program as it is on disk now. */
interface Kept {
  readonly version: string;
  readonly path: Promise<string>;
  /** What it has said of its commands, by the question. */
  readonly usages: Map<string, Promise<string | undefined>>;
}

function versionOf({ device, inode, sizeBytes, modifiedAtNanos }: FileStat): string {
  return [device, inode, sizeBytes, modifiedAtNanos].join(" ");
}
