import { type ContainerId, Joinable } from "#foundation";
import type { PodContext } from "../context.ts";
import { getContainer } from "../find.ts";
import { startContainer } from "./start.ts";

/**
 * Starts of containers, each of which happens once.
 *
 * Invariants: a repeat joins the start that runs; a container that runs has
 * been started, and that is the answer; a caller who gave up and asks again is
 * told how the start ended, even when the container has ended meanwhile.
 */
export class ContainerStarts {
  readonly #context: PodContext;
  readonly #running = new Joinable<void>();
  /** Starts that somebody did not wait for, until their container is removed. */
  readonly #unheard = new Map<ContainerId, Promise<void>>();

  constructor(context: PodContext) {
    this.#context = context;
  }

  /**
   * Starts a container, or tells how the start of it that this is a repeat of ended.
   *
   * @param signal aborts when the caller gives up; the start goes on
   * @throws Fault `wrong-state` when it has ended, or its sandbox is not ready
   */
  async start(id: string, signal?: AbortSignal): Promise<void> {
    const { id: containerId } = getContainer(this.#context, id);
    const outcome = this.#running.join(containerId, () =>
      startContainer(this.#context, containerId, this.#unheard.get(containerId)),
    );
    const giveUp = (): void => void this.#unheard.set(containerId, outcome);
    signal?.addEventListener("abort", giveUp);
    try {
      await outcome;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Forgets a container that was removed. */
  forget(id: ContainerId): void {
    this.#unheard.delete(id);
  }
}
