import { type Clock, isFault, type Logger } from "#foundation";
import type { Snapshots } from "#store";
import type { LayerUsage } from "./types.ts";

export interface LayerUsagesDeps {
  readonly snapshots: Pick<Snapshots, "has" | "usage">;
  /** Directory on the file system that holds the snapshots. */
  readonly mountpoint: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Measured {
  readonly usage: LayerUsage;
  readonly staleAtMs: number;
}

/** How long a measurement counts. */
const freshMs = 10_000;
/** A tree that takes long to walk is walked at most this part of the time. */
const restFactor = 20;

/**
 * Sizes of writable layers, measured in the background.
 *
 * A question is answered with the latest measurement, and asks for a new one
 * when that is old: kubelet polls, and must never wait for a disk. One tree is
 * walked at a time; without questions, none.
 */
export class LayerUsages {
  readonly #deps: LayerUsagesDeps;
  readonly #measured = new Map<string, Measured>();
  readonly #wanted = new Set<string>();
  readonly #abort = new AbortController();
  #working: Promise<void> | undefined;

  constructor(deps: LayerUsagesDeps) {
    this.#deps = deps;
  }

  /** The latest measurement; undefined before the first. */
  find(id: string): LayerUsage | undefined {
    const known = this.#measured.get(id);
    if (known === undefined || known.staleAtMs <= performance.now()) this.#want(id);
    return known?.usage;
  }

  /** Forgets what is gone. */
  forget(id: string): void {
    this.#measured.delete(id);
    this.#wanted.delete(id);
  }

  /** Resolves when everything that was asked for so far is measured. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Stops measuring. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#working;
  }

  #want(id: string): void {
    if (this.#abort.signal.aborted) return;
    this.#wanted.add(id);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (const id of this.#wanted) {
      if (this.#abort.signal.aborted) break;
      await this.#measure(id);
      this.#wanted.delete(id);
    }
    this.#working = undefined;
  }

  async #measure(id: string): Promise<void> {
    const { snapshots, mountpoint, clock, logger } = this.#deps;
    const startedAtMs = performance.now();
    try {
      const { usedBytes, inodes } = await snapshots.usage(id, { signal: this.#abort.signal });
      const now = performance.now();
      // Forgotten while it was measured.
      if (!this.#wanted.has(id)) return;
      const usage = { measuredAtNanos: clock.nowNanos(), mountpoint, usedBytes, inodes };
      this.#measured.set(id, { usage, staleAtMs: now + Math.max(freshMs, restFactor * (now - startedAtMs)) });
    } catch (error) {
      const isGone = isFault(error, "not-found") && !snapshots.has(id);
      if (!isGone && !this.#abort.signal.aborted) {
        logger.warn("cannot measure what a container wrote", { containerId: id, error });
      }
    }
  }
}
