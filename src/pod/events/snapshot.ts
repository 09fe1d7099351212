import type { Codec, JournalEvent } from "#store";
import { containerCodec, decodeBigInts, encodeBigInts, sandboxCodec } from "../codec.ts";
import type { PodContext } from "../context.ts";
import { containersOf } from "../find.ts";
import type { ContainerRecord, ContainerStatus, SandboxRecord, SandboxStatus } from "../records.ts";
import type { PodEvent, PodEventType } from "./types.ts";

/**
 * How a pod stood at an event, as the journal keeps it: what changes. The rest
 * is in the records, or kept of them when they went.
 */
interface PodSnapshot {
  readonly sandbox: SandboxStatus;
  readonly containers: readonly { readonly id: string; readonly status: ContainerStatus }[];
}

/** How a pod stands now. A container that is only an intent was never there for anybody. */
export function snapshotPod(context: PodContext, sandbox: SandboxRecord): unknown {
  const containers = containersOf(context, sandbox)
    .filter(({ status }) => status.phase !== "creating")
    .map(({ id, status }) => ({ id, status }));
  return encodeBigInts({ sandbox: sandbox.status, containers } satisfies PodSnapshot);
}

/** The event as its readers see it; undefined when nothing is known of its sandbox any more. */
export function tellEvent(context: PodContext, kept: Kept, event: JournalEvent): PodEvent | undefined {
  const snapshot = decodeBigInts(event.data) as PodSnapshot;
  const sandbox = findSandboxRecord(context, kept, event.ownerId);
  if (sandbox === undefined) return undefined;
  return {
    id: event.objectId,
    type: event.type as PodEventType,
    atNanos: event.atNanos,
    sandbox: context.views.sandbox({ ...sandbox, status: snapshot.sandbox }),
    containers: snapshot.containers.flatMap(({ id, status }) => {
      const record = findContainerRecord(context, kept, id);
      return record === undefined ? [] : [context.views.container({ ...record, status })];
    }),
  };
}

type Kept = (id: string) => unknown;

function findSandboxRecord({ sandboxes }: PodContext, kept: Kept, id: string): SandboxRecord | undefined {
  return sandboxes.find(id) ?? decodeKept(sandboxCodec, kept(id));
}

function findContainerRecord({ containers }: PodContext, kept: Kept, id: string): ContainerRecord | undefined {
  return containers.find(id) ?? decodeKept(containerCodec, kept(id));
}

function decodeKept<T>(codec: Codec<T>, value: unknown): T | undefined {
  return value === undefined ? undefined : codec.decode(value);
}
