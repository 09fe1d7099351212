import type { Logger, SandboxId } from "#foundation";
import type { PodContext } from "../context.ts";
import type { RecordChange } from "../observed-table.ts";
import type { MonitoredProcess, SandboxRecord } from "../records.ts";

/**
 * Notices that what a pod has of its own has ended by itself, and stops the pod: without its first process, its virtual
 * machine or its shim, nothing in there runs on.
 *
 * Invariant: a pod is watched from the moment that it is ready, by this daemon or by an earlier one.
 */
export class PauseWatches {
  readonly #context: Pick<PodContext, "handlers" | "paths" | "sandboxes">;
  readonly #logger: Logger;
  readonly #stop: (id: SandboxId) => Promise<void>;
  readonly #watching = new Map<SandboxId, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(context: PodContext, stop: (id: SandboxId) => Promise<void>) {
    this.#context = context;
    this.#logger = context.logger;
    this.#stop = stop;
  }

  /** Begins with those that are ready already. */
  open(): void {
    for (const record of this.#context.sandboxes.list()) this.changed({ before: undefined, after: record });
  }

  changed({ after }: RecordChange<SandboxRecord>): void {
    if (after?.status.phase !== "ready" || after.status.pause === undefined) return;
    if (this.#abort.signal.aborted || this.#watching.has(after.id)) return;
    const watching = this.#watch(after, after.status.pause)
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) {
          this.#logger.error("cannot follow what a sandbox stands on", { sandboxId: after.id, error });
        }
      })
      .finally(() => this.#watching.delete(after.id));
    this.#watching.set(after.id, watching);
  }

  /** Stops watching; the pods run on. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#watching.values());
  }

  async #watch(record: SandboxRecord, pause: MonitoredProcess): Promise<void> {
    const { id } = record;
    const { handlers, paths, sandboxes } = this.#context;
    const handle = { id, bundleDirectory: paths.sandbox(id).pauseBundle, ...pause };
    await handlers.of(record).runtime.observeExit(handle, { signal: this.#abort.signal });
    if (sandboxes.find(id)?.status.phase !== "ready") return;
    this.#logger.warn("what a sandbox stands on has ended, and it is stopped", { sandboxId: id });
    await this.#stop(id);
  }
}
