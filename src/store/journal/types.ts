import type { StageObserver, StepKind } from "#foundation";

/** How long what happened is kept, and how much of it. */
export interface JournalLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Something that acts were done to; it may be gone. */
export interface JournalObject {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** Empty when it belongs to nothing. */
  readonly parentId: string;
}

/** running: begun and not ended yet; interrupted: the daemon ended before it did. */
export type StepOutcome = "running" | "ok" | "failed" | "interrupted";

/** One step as it was written down. */
export interface JournalStep {
  /** In the order in which steps began, over all restarts. */
  readonly sequence: number;
  /** The step that it is a part of; 0 when of none. */
  readonly parent: number;
  readonly objectId: string;
  readonly kind: StepKind;
  readonly name: string;
  readonly startedAtNanos: bigint;
  /** Undefined for one that did not end. */
  readonly durationMs: number | undefined;
  readonly outcome: StepOutcome;
  /** Empty unless it failed. */
  readonly error: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Something that happened to an object, with what its owner has to say of it. */
export interface JournalEvent {
  readonly sequence: number;
  readonly atNanos: bigint;
  readonly objectId: string;
  /** The object that it is told with: a container's sandbox, a sandbox itself. */
  readonly ownerId: string;
  readonly type: string;
  readonly data: unknown;
}

/** What happened, in one order that restarts do not break. */
export interface EventLog {
  /** Sequence of the newest event; 0 when there never was one. */
  readonly last: number;
  append(event: Omit<JournalEvent, "sequence">): void;
  /** The events after a sequence, oldest first, so many at most. */
  after(sequence: number, limit: number): readonly JournalEvent[];
  /** Events of an owner and of what belongs to it. */
  ofOwner(ownerId: string): readonly JournalEvent[];
  /** Sequence before the first event at or after a time. */
  before(atNanos: bigint): number;
  /** Type of the latest event of each object that was not forgotten. */
  latest(): ReadonlyMap<string, { readonly ownerId: string; readonly type: string }>;
  /** Notes where an object stands without telling anybody. */
  note(objectId: string, at: { readonly ownerId: string; readonly type: string }): void;
  /** Takes an object off `latest`: nothing more will come of it. */
  forget(objectId: string): void;
  /** Keeps a value for as long as there are events of its owner: for readers that come after the object went. At once. */
  keep(objectId: string, ownerId: string, value: unknown): void;
  kept(objectId: string): unknown;
}

/**
 * The flight recorder: which steps were taken, with which outside commands and
 * what came of them, and which events there were.
 *
 * It outlives a crash of the daemon; a power loss may cost its last moments. Writing never throws and never waits for
 * the disk: what cannot be written is counted and reported in the log.
 */
export interface Journal extends StageObserver {
  readonly events: EventLog;
  /** Whether this is the journal's first opening, or the first after it was set aside as damaged. */
  readonly isNew: boolean;
  /** Objects whose id begins with the text, or that are called so: by their whole name or its last parts. Newest last. */
  findObjects(text: string): readonly JournalObject[];
  /** What belongs to an object. */
  partsOf(objectId: string): readonly JournalObject[];
  /** The newest steps of an object, oldest first. */
  stepsOf(objectId: string, limit: number): readonly JournalStep[];
  close(): void;
}
