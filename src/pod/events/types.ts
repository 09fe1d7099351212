import type { ContainerView, SandboxView } from "../engine.ts";

export type PodEventType = "created" | "started" | "stopped" | "deleted";

/** Something that happened to a sandbox or a container, with its whole pod as it was at that moment. */
export interface PodEvent {
  /** Of the container, or of the sandbox when the event is its own. */
  readonly id: string;
  readonly type: PodEventType;
  /** Never the same for two events, and in their order. */
  readonly atNanos: bigint;
  readonly sandbox: SandboxView;
  readonly containers: readonly ContainerView[];
}

export interface WatchEventsOptions {
  /** Begins with the first event at or after this time that the journal still has. */
  readonly sinceNanos?: bigint;
  /** Goes on with what happens; otherwise it ends with the latest event that there is. @default true */
  readonly isFollowing?: boolean;
}
