import type { ContainerId } from "#foundation";
import type { ContainerRecord } from "../records.ts";

/** Which ended containers crisp removes without being asked. */
export interface RetentionPolicy {
  /** Ended attempts of one container that are kept, the newest first; 0 keeps all. */
  readonly maxEndedPerContainer: number;
  /** Time that each is kept after its end, in any case. */
  readonly minEndedAgeMs: number;
}

/**
 * The ended containers that nobody will miss: attempts that newer ones of the
 * same container in the same pod have replaced. Pure.
 *
 * The newest ended attempt always stays, running successor or not: kubelet reads from it that an init container has
 * done its work, how often a container was restarted, and the log of the one before.
 */
export function planRetention(
  containers: Iterable<ContainerRecord>,
  { maxEndedPerContainer, minEndedAgeMs }: RetentionPolicy,
  nowNanos: bigint,
): readonly ContainerId[] {
  if (maxEndedPerContainer === 0) return [];
  const endedBefore = nowNanos - BigInt(minEndedAgeMs) * 1_000_000n;
  const ended = [...containers].filter(({ status }) => status.phase === "exited");
  const byName = Map.groupBy(ended, ({ sandboxId, config }) => `${sandboxId}/${config.metadata.name}`);
  return [...byName.values()]
    .flatMap((attempts) => attempts.toSorted(newestFirst).slice(maxEndedPerContainer))
    .filter(({ status }) => status.phase === "exited" && status.finishedAtNanos < endedBefore)
    .map(({ id }) => id);
}

function newestFirst(a: ContainerRecord, b: ContainerRecord): number {
  return b.config.metadata.attempt - a.config.metadata.attempt || Number(b.createdAtNanos - a.createdAtNanos);
}
