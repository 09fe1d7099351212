import type { EventLog } from "#store";
import { sandboxCodec } from "../codec.ts";
import type { PodContext } from "../context.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { eventsSince, shownOfContainer, shownOfSandbox } from "./describe-change.ts";
import type { PodEventType } from "./types.ts";

/** Events that are still to be told of one object. */
export interface Untold {
  readonly sandbox: SandboxRecord;
  readonly id: string;
  readonly types: readonly PodEventType[];
}

interface Standing {
  readonly id: string;
  readonly ownerId: string;
  readonly shown: ReturnType<typeof shownOfSandbox>;
}

/**
 * Compares the records with what was told of them: a crash may have come
 * between a record's change and its event, in both orders after a power loss.
 *
 * A new journal has told nothing: where everything stands is noted, not told.
 */
export function catchUp(
  context: PodContext,
  events: Pick<EventLog, "latest" | "note" | "forget" | "kept">,
  { isNew }: { readonly isNew: boolean },
): readonly Untold[] {
  const standings = listStandings(context);
  if (isNew) {
    for (const one of standings) if (one.shown !== "hidden") events.note(one.id, { ...one, type: typeOf(one.shown) });
    return [];
  }
  const latest = events.latest();
  const changed = standings.map((one) => ({ ...one, types: eventsSince(latest.get(one.id)?.type, one.shown) }));
  const here = new Set(standings.map(({ id }) => id));
  const went = [...latest].filter(([id]) => !here.has(id));
  for (const [id] of went) events.forget(id);
  const gone = went.map(([id, { ownerId }]) => ({ id, ownerId, types: ["deleted"] as const }));
  return [...changed, ...gone].flatMap(({ id, ownerId, types }) => {
    const sandbox = context.sandboxes.find(ownerId) ?? decode(events.kept(ownerId));
    return sandbox === undefined || types.length === 0 ? [] : [{ sandbox, id, types }];
  });
}

function typeOf(shown: Standing["shown"]): string {
  return shown === "stopping" ? "started" : shown;
}

/** Sandboxes before their containers, as they came to be. */
function listStandings({ sandboxes, containers }: PodContext): readonly Standing[] {
  const ofSandbox = ({ id, status }: SandboxRecord): Standing => ({ id, ownerId: id, shown: shownOfSandbox(status) });
  const ofContainer = ({ id, sandboxId, status }: ContainerRecord): Standing => ({
    id,
    ownerId: sandboxId,
    shown: shownOfContainer(status),
  });
  return [...sandboxes.list().map(ofSandbox), ...containers.list().map(ofContainer)];
}

function decode(kept: unknown): SandboxRecord | undefined {
  return kept === undefined ? undefined : sandboxCodec.decode(kept);
}
