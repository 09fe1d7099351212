import { type ContainerId, Fault } from "#foundation";

interface Running {
  readonly controller: AbortController;
  /** While the container stands still: resolves when it does not any more. */
  still: Promise<unknown> | undefined;
}

/**
 * Checkpoints that are being written, for the acts on their containers that cannot wait, or must.
 *
 * Invariant: at most one a container, which its lock sees to.
 */
export class RunningCheckpoints {
  readonly #running = new Map<ContainerId, Running>();

  /** @param work is given the signal of those who cannot wait for it */
  async run<T>(id: ContainerId, work: (abandoned: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.set(id, { controller, still: undefined });
    try {
      return await work(controller.signal);
    } finally {
      this.#running.delete(id);
    }
  }

  /** Notes that the container stands still for as long as this takes. */
  async whileStill<T>(id: ContainerId, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(id);
    const result = work();
    if (running !== undefined) running.still = result;
    try {
      return await result;
    } finally {
      if (running !== undefined) running.still = undefined;
    }
  }

  /** Waits until the container does not stand still. Never rejects. */
  async moving(id: ContainerId): Promise<void> {
    await this.#running.get(id)?.still?.catch(() => undefined);
  }

  /** Gives a checkpoint up that keeps its container still: it is to end. */
  letGo(id: ContainerId): void {
    if (this.#running.get(id)?.still !== undefined) this.abandon(id, "its container is stopped");
  }

  /** Gives a checkpoint up, however far it is. */
  abandon(id: ContainerId, why: string): void {
    const reason = new Fault("canceled", why, { reason: { code: "pod.checkpoint-abandoned", why } });
    this.#running.get(id)?.controller.abort(reason);
  }

  /** Gives up all of them: the daemon stops, and nobody would let their containers run on. */
  abandonAll(): void {
    for (const id of this.#running.keys()) this.abandon(id, "the daemon stops");
  }
}
