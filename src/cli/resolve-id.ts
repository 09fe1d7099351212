import { misused, noSuch } from "./faults.ts";
import type { Session } from "./session.ts";

const fullId = /^[0-9a-f]{64}$/;

/**
 * The container that an id or the unique beginning of one means.
 *
 * A full id is taken as it is, without asking: whether it still exists is for
 * the act to say, and stopping what is gone is a success.
 *
 * @throws Fault `not-found` when nothing begins like it, `invalid` when several do
 */
export function resolveContainerId(session: Session, id: string): Promise<string> {
  return resolve("container", id, async () => {
    const { containers } = await session.client.listContainers({}, session.reading);
    return containers.map((container) => container.id);
  });
}

/** The pod that an id or the unique beginning of one means, see {@link resolveContainerId}. */
export function resolvePodId(session: Session, id: string): Promise<string> {
  return resolve("pod", id, async () => {
    const { items } = await session.client.listPodSandbox({}, session.reading);
    return items.map((pod) => pod.id);
  });
}

async function resolve(what: string, id: string, list: () => Promise<readonly string[]>): Promise<string> {
  if (id === "") throw misused(`${what} id is empty`);
  if (fullId.test(id)) return id;
  const known = await list();
  if (known.includes(id)) return id;
  const matches = known.filter((candidate) => candidate.startsWith(id));
  const [match] = matches;
  if (match === undefined) throw noSuch(what, id);
  if (matches.length > 1) throw misused(`${what} id ${id} is not unique: ${matches.length} ids begin with it`);
  return match;
}
