import { Fault } from "#foundation";
import type { PodContext } from "./context.ts";
import { containerUnknown, sandboxUnknown } from "./faults.ts";
import type { ContainerRecord, SandboxRecord } from "./records.ts";

/** The sandbox of this id or unique prefix; undefined when there is none. @throws Fault `invalid` when the prefix is not unique */
export function findSandbox({ sandboxes }: PodContext, id: string): SandboxRecord | undefined {
  return findByIdOrPrefix(sandboxes.all(), id, "sandbox");
}

/** @throws Fault `not-found` */
export function getSandbox(context: PodContext, id: string): SandboxRecord {
  const record = findSandbox(context, id);
  if (record === undefined) throw sandboxUnknown(id);
  return record;
}

/** The container of this id or unique prefix; undefined when there is none. @throws Fault `invalid` when the prefix is not unique */
export function findContainer({ containers }: PodContext, id: string): ContainerRecord | undefined {
  return findByIdOrPrefix(containers.all(), id, "container");
}

/** @throws Fault `not-found` */
export function getContainer(context: PodContext, id: string): ContainerRecord {
  const record = findContainer(context, id);
  if (record === undefined) throw containerUnknown(id);
  return record;
}

export function containersOf(context: PodContext, { id }: Pick<SandboxRecord, "id">): readonly ContainerRecord[] {
  return context.containers.list().filter(({ sandboxId }) => sandboxId === id);
}

/** The containers of each sandbox, for who asks for many of them. */
export function containersBySandbox(context: PodContext): (sandboxId: string) => readonly ContainerRecord[] {
  const groups = Map.groupBy(context.containers.list(), ({ sandboxId }) => sandboxId as string);
  return (sandboxId) => groups.get(sandboxId) ?? [];
}

const idLength = 64;

function findByIdOrPrefix<T>(records: ReadonlyMap<string, T>, id: string, kind: string): T | undefined {
  const exact = records.get(id);
  if (exact !== undefined || id === "" || id.length >= idLength) return exact;
  const matches = [...records].filter(([candidate]) => candidate.startsWith(id)).map(([, record]) => record);
  if (matches.length > 1) throw new Fault("invalid", `${kind} ${id}: the prefix fits ${matches.length} of them`);
  return matches[0];
}
