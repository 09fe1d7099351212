import { KeyedLock } from "#foundation";
import type { Host } from "#host";
import type { ContainerView } from "#pod";

type LoggedContainer = Pick<ContainerView, "id" | "logPath">;

/** How far a log was counted. */
interface Seen {
  readonly inode: bigint;
  readonly sizeBytes: number;
}

/**
 * Counts what containers write into their logs, from the moment that it begins.
 *
 * A log is looked at when somebody asks and when its container ends, so nothing is lost with a container. What is written
 * into a file between the last look and its rotation is not counted.
 */
export class LogBytes {
  readonly #files: Pick<Host["files"], "stat">;
  readonly #onBytes: (bytes: number) => void;
  readonly #seen = new Map<string, Seen>();
  readonly #turns = new KeyedLock();

  constructor(files: Pick<Host["files"], "stat">, onBytes: (bytes: number) => void) {
    this.#files = files;
    this.#onBytes = onBytes;
  }

  /** Takes what is in the logs already for counted. */
  async skip(containers: readonly LoggedContainer[]): Promise<void> {
    await Promise.all(containers.map((container) => this.#look(container, () => undefined)));
  }

  /** Counts what came since the last look, and forgets the containers that are not among these. */
  async countAll(containers: readonly LoggedContainer[]): Promise<void> {
    await Promise.all(containers.map((container) => this.count(container)));
    const ids = new Set<string>(containers.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
  }

  /** Counts what came into one log since the last look. */
  async count(container: LoggedContainer): Promise<void> {
    await this.#look(container, this.#onBytes);
  }

  /** One look at a log at a time: an older size must not be taken for a file that became shorter. */
  async #look({ id, logPath }: LoggedContainer, onBytes: (bytes: number) => void): Promise<void> {
    if (logPath === "") return;
    await this.#turns.run(id, async () => {
      const now = await this.#files.stat(logPath);
      if (now === undefined) return;
      const before = this.#seen.get(id);
      const goesOn = before !== undefined && before.inode === now.inode && before.sizeBytes <= now.sizeBytes;
      this.#seen.set(id, now);
      onBytes(goesOn ? now.sizeBytes - before.sizeBytes : now.sizeBytes);
    });
  }
}
