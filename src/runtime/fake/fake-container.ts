import type { ContainerExit, ContainerHandle, CreateRequest, ResourceUpdate, RuntimeState } from "../types.ts";

const sigkill = 9;

/** A container in memory. Its states follow one another as those of a real one. */
export class FakeContainer {
  readonly request: CreateRequest;
  readonly handle: ContainerHandle;
  /** Signals that reached it while it ran, oldest first. */
  readonly signals: number[] = [];
  /** Log paths that were reopened, oldest first. */
  readonly reopenedLogs: string[] = [];
  /** Limits it was given after its creation, oldest first. */
  readonly updates: ResourceUpdate[] = [];
  readonly exit: Promise<ContainerExit>;
  readonly #resolveExit: (exit: ContainerExit) => void;
  #state: Exclude<RuntimeState, "missing"> = "created";

  constructor(request: CreateRequest, handle: ContainerHandle) {
    const { promise, resolve } = Promise.withResolvers<ContainerExit>();
    this.request = request;
    this.handle = handle;
    this.exit = promise;
    this.#resolveExit = resolve;
  }

  get state(): Exclude<RuntimeState, "missing"> {
    return this.#state;
  }

  get hasEnded(): boolean {
    return this.#state === "stopped";
  }

  run(): void {
    this.#state = "running";
  }

  /** Stops it in its tracks, or lets it go on; of one that has ended nothing changes. */
  hold(isHeld: boolean): void {
    if (this.#state === "running" || this.#state === "paused") this.#state = isHeld ? "paused" : "running";
  }

  /** Ends it; a second end changes nothing. */
  end(exit: ContainerExit): void {
    this.#state = "stopped";
    this.#resolveExit(exit);
  }

  /** Takes a signal; false when it has ended. SIGKILL, and what `isDeadly` names, ends it. */
  take(signal: number, finishedAtNanos: bigint, isDeadly: (signal: number) => boolean): boolean {
    if (this.hasEnded) return false;
    this.signals.push(signal);
    if (signal === sigkill || isDeadly(signal)) {
      this.end({ kind: "exited", exitCode: 128 + signal, finishedAtNanos, wasOomKilled: false });
    }
    return true;
  }
}
