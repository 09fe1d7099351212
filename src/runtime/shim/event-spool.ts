import { createHash } from "node:crypto";
import { join } from "node:path";
import { isFault, KeyedLock, type Logger } from "#foundation";
import type { Host } from "#host";

/** More than any event that counts has. */
export const maxEventBytes = 4_096;
/** Events of so many containers lie there at most, 4 MiB in all; what comes then is dropped, and said. */
export const maxKeptEvents = 1_024;
/** Left where events were dropped. */
export const refusalNote = ".dropped";

/** What becomes of an event: it is done with; it stays for a later look; or it is none, and why. */
export type Taken = "done" | "stays" | { readonly problem: string };

const eventName = /^[0-9a-f]{64}$/;
const halfName = /^\.(\d{1,10})$/;

/**
 * Events that nobody has taken yet: one file each, named by the digest of what it holds, and there as a whole or not at all.
 *
 * Those who put events there are crisp, and a program that shims run, whether crisp runs or not. Nothing of a container
 * outlives the boot, so nobody waits for a disk.
 */
export class EventSpool {
  readonly #deps: SpoolDeps;
  readonly #directory: string;
  readonly #turns = new KeyedLock();

  constructor(deps: SpoolDeps, directory: string) {
    this.#deps = deps;
    this.#directory = directory;
  }

  async open(): Promise<void> {
    await this.#deps.host.files.makeDirectory(this.#directory, { mode: 0o700 });
  }

  /** Keeps an event until it is taken; false when there are too many. */
  async put(event: Uint8Array): Promise<boolean> {
    const { files } = this.#deps.host;
    const name = createHash("sha256").update(event).digest("hex");
    return await this.#alone(async () => {
      const kept = (await files.list(this.#directory)).filter((each) => eventName.test(each));
      if (kept.length >= maxKeptEvents && !kept.includes(name)) return false;
      await files.writeAtomic(join(this.#directory, name), event, { mode: 0o600, isDurable: false });
      return true;
    });
  }

  /** Hands over all that lies there, each until it is done with; what is no event is told of and removed. */
  async drain(take: (event: Uint8Array) => Promise<Taken>): Promise<void> {
    await this.#alone(async () => {
      for (const name of await this.#deps.host.files.list(this.#directory)) {
        if (name === refusalNote) await this.#tellOfRefusal();
        else if (!this.#isInTheMaking(name)) await this.#drainOne(name, take);
      }
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#alone(() => Promise.resolve());
  }

  async #drainOne(name: string, take: (event: Uint8Array) => Promise<Taken>): Promise<void> {
    const { files } = this.#deps.host;
    const path = join(this.#directory, name);
    try {
      const event = await this.#read(name);
      const taken = event instanceof Uint8Array ? await take(event) : event;
      if (taken === "stays") return;
      if (typeof taken === "object") {
        this.#deps.logger.warn("what a shim has told is no event, and is removed", { path, problem: taken.problem });
      }
      await files.remove(path);
    } catch (error) {
      // It lies there until the next look, and keeps none of the others from being taken.
      this.#deps.logger.error("cannot take an event of a shim", { path, error });
    }
  }

  async #read(name: string): Promise<Uint8Array | { readonly problem: string }> {
    if (!eventName.test(name)) return { problem: "no event is named so" };
    try {
      return await this.#deps.host.files.read(join(this.#directory, name), { maxBytes: maxEventBytes });
    } catch (error) {
      if (isFault(error, "exhausted")) return { problem: `it has more than ${maxEventBytes} bytes` };
      throw error;
    }
  }

  /** A program that was ended half way leaves its half; whether it was tells its number. */
  #isInTheMaking(name: string): boolean {
    const [, pid] = halfName.exec(name) ?? [];
    return pid !== undefined && this.#deps.host.processes.identify(Number(pid)) !== undefined;
  }

  async #tellOfRefusal(): Promise<void> {
    await this.#deps.host.files.remove(join(this.#directory, refusalNote));
    this.#deps.logger.warn("events of shims were dropped: too many had been told that nobody took", {
      path: this.#directory,
      most: maxKeptEvents,
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(this.#directory, work);
  }
}

export interface SpoolDeps {
  readonly host: Pick<Host, "files" | "processes">;
  readonly logger: Logger;
}
