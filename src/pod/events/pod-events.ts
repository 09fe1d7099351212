import type { Journal, JournalEvent } from "#store";
import { containerCodec, sandboxCodec } from "../codec.ts";
import type { PodContext } from "../context.ts";
import type { RecordChange } from "../observed-table.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { catchUp } from "./catch-up.ts";
import { eventsOfContainer, eventsOfSandbox } from "./describe-change.ts";
import { EventFeed } from "./event-feed.ts";
import { snapshotPod, tellEvent } from "./snapshot.ts";
import type { PodEvent, PodEventType, WatchEventsOptions } from "./types.ts";

/** Time in which whoever lost its stream when the daemon ended is back. */
const returnNanos = 300n * 1_000_000_000n;

/** The parts of the journal that events need. */
export type EventJournal = Pick<Journal, "events" | "isNew">;

/**
 * Tells of what happens to pods, from the changes of their records. What is
 * written down is left out nowhere: an event that a crash kept from the journal
 * is found again from the record that had changed.
 */
export class PodEvents {
  readonly #journal: EventJournal;
  readonly #feed: EventFeed;
  /** Where the events of this daemon begin. */
  readonly #first: number;
  #returnBy: { readonly nanos: bigint } | undefined;

  constructor(journal: EventJournal) {
    this.#journal = journal;
    this.#feed = new EventFeed(journal.events);
    this.#first = journal.events.last;
  }

  /** Tells of what happened when nobody could: to be called before any record changes. */
  open(context: PodContext): void {
    const { events, isNew } = this.#journal;
    const hadPods = context.sandboxes.all().size > 0 || events.latest().size > 0;
    if (hadPods) this.#returnBy = { nanos: context.clock.nowNanos() + returnNanos };
    for (const { sandbox, id, types } of catchUp(context, events, { isNew })) {
      this.#append(context, sandbox, { id, types });
    }
  }

  /**
   * Events as they happen, until the signal aborts.
   *
   * A stream begins with what happens next. In the first minutes of a daemon that
   * was started again it begins with that daemon's first event: its readers lost
   * their streams when the old one ended, and must not miss what came between.
   */
  watch(context: PodContext, signal: AbortSignal, options: WatchEventsOptions = {}): AsyncIterable<PodEvent> {
    const { sinceNanos, isFollowing = true } = options;
    const { events } = this.#journal;
    const isReturn = this.#returnBy !== undefined && context.clock.nowNanos() < this.#returnBy.nanos;
    const next = isReturn ? this.#first : events.last;
    const after = sinceNanos === undefined ? next : events.before(sinceNanos);
    return this.#tell(context, this.#feed.read(after, signal, isFollowing ? undefined : events.last));
  }

  containerChanged(context: PodContext, change: RecordChange<ContainerRecord>): void {
    const record = change.after ?? change.before;
    const sandbox = record === undefined ? undefined : context.sandboxes.find(record.sandboxId);
    if (record === undefined || sandbox === undefined) return;
    this.#append(context, sandbox, { id: record.id, types: eventsOfContainer(change) });
  }

  sandboxChanged(context: PodContext, change: RecordChange<SandboxRecord>): void {
    const sandbox = change.after ?? change.before;
    if (sandbox === undefined) return;
    this.#append(context, sandbox, { id: sandbox.id, types: eventsOfSandbox(change) });
  }

  /** Keeps what readers of older events need, before the record goes. */
  containerGoes(record: ContainerRecord): void {
    if (record.status.phase === "creating") return;
    this.#journal.events.keep(record.id, record.sandboxId, containerCodec.encode(record));
  }

  sandboxGoes(record: SandboxRecord): void {
    if (record.status.phase === "creating") return;
    this.#journal.events.keep(record.id, record.id, sandboxCodec.encode(record));
  }

  #append(
    context: PodContext,
    sandbox: SandboxRecord,
    { id, types }: { readonly id: string; readonly types: readonly PodEventType[] },
  ): void {
    if (types.length === 0) return;
    const { events } = this.#journal;
    const data = snapshotPod(context, sandbox);
    for (const type of types) {
      events.append({ atNanos: context.clock.nowNanos(), objectId: id, ownerId: sandbox.id, type, data });
      if (type === "deleted") events.forget(id);
    }
    this.#feed.wake();
  }

  async *#tell(context: PodContext, events: AsyncIterable<JournalEvent>): AsyncGenerator<PodEvent> {
    for await (const event of events) {
      const told = tellEvent(context, (id) => this.#journal.events.kept(id), event);
      if (told !== undefined) yield told;
    }
  }
}
