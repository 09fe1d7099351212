import type { PodContext } from "../context.ts";
import { containersOf } from "../find.ts";
import type { RecordChange } from "../observed-table.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { viewContainer, viewSandbox } from "../views.ts";
import { eventsOfContainer, eventsOfSandbox } from "./describe-change.ts";
import { EventFeed } from "./event-feed.ts";
import type { PodEventType } from "./types.ts";

/** Tells of what happens to pods, from the changes of their records: nothing that is written down is left out. */
export class PodEvents {
  readonly #feed = new EventFeed();

  watch(signal: AbortSignal): ReturnType<EventFeed["watch"]> {
    return this.#feed.watch(signal);
  }

  containerChanged(context: PodContext, change: RecordChange<ContainerRecord>): void {
    const record = change.after ?? change.before;
    const sandbox = record === undefined ? undefined : context.sandboxes.find(record.sandboxId);
    if (record === undefined || sandbox === undefined) return;
    this.#publish(context, sandbox, { id: record.id, types: eventsOfContainer(change) });
  }

  sandboxChanged(context: PodContext, change: RecordChange<SandboxRecord>): void {
    const sandbox = change.after ?? change.before;
    if (sandbox === undefined) return;
    this.#publish(context, sandbox, { id: sandbox.id, types: eventsOfSandbox(change) });
  }

  #publish(
    context: PodContext,
    sandbox: SandboxRecord,
    { id, types }: { readonly id: string; readonly types: readonly PodEventType[] },
  ): void {
    if (!this.#feed.hasReaders || types.length === 0) return;
    const pod = {
      sandbox: viewSandbox(context, sandbox),
      containers: containersOf(context, sandbox)
        .filter(({ status }) => status.phase !== "creating")
        .map((record) => viewContainer(context, record)),
    };
    for (const type of types) this.#feed.publish({ id, type, atNanos: context.clock.nowNanos(), ...pod });
  }
}
