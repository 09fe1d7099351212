import { hostIdOf, type IdMapping, type IdMappings, type NamespaceModes } from "#spec";
import type { MappedOwners } from "#store";
import type { PodContext } from "../context.ts";
import { fieldInvalid, userNamespaceUnsupported } from "../faults.ts";
import type { Handler } from "../handlers.ts";
import type { SandboxRecord } from "../records.ts";

const field = "linux.security_context.namespace_options.userns_options";
/** Most lines that the kernel takes in a map. */
const maxMappings = 340;
/** The last 32-bit number is no id: the kernel means nobody by it. */
const idCount = 2 ** 32 - 1;

/**
 * Refuses what no pod with a user namespace can have.
 *
 * @throws Fault `invalid` naming the field
 */
export function assertUserNamespace({ user, pid, ipc }: NamespaceModes): void {
  if (user === undefined) return;
  assertMappings(`${field}.uids`, user.uids);
  assertMappings(`${field}.gids`, user.gids);
  for (const [kind, ids] of [
    ["uids", user.uids],
    ["gids", user.gids],
  ] as const) {
    if (hostIdOf(ids, 0) === undefined) throw fieldInvalid(`${field}.${kind}`, "must map 0");
  }
  const place = "linux.security_context.namespace_options";
  if (pid === "node") throw fieldInvalid(`${place}.pid`, "NODE cannot be in a user namespace of the pod");
  if (ipc === "node") throw fieldInvalid(`${place}.ipc`, "NODE cannot be in a user namespace of the pod");
}

/**
 * Refuses mappings that the kernel would not take, or that would hand out the node's own root.
 *
 * @throws Fault `invalid` naming the field
 */
export function assertMappings(where: string, mappings: readonly IdMapping[]): void {
  if (mappings.length === 0) throw fieldInvalid(where, "must not be empty");
  if (mappings.length > maxMappings) throw fieldInvalid(where, `must have at most ${maxMappings} mappings`);
  for (const { hostId, containerId, length } of mappings) {
    if (length === 0) throw fieldInvalid(where, "length must not be 0");
    if (hostId === 0) throw fieldInvalid(where, "host_id 0 is the node's root");
    if (Math.max(hostId, containerId) + length > idCount) throw fieldInvalid(where, `ends beyond ${idCount}`);
  }
  assertApart(where, mappings, "hostId");
  assertApart(where, mappings, "containerId");
}

function assertApart(where: string, mappings: readonly IdMapping[], side: "hostId" | "containerId"): void {
  const sorted = mappings.toSorted((a, b) => a[side] - b[side]);
  for (const [index, mapping] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before[side] + before.length > mapping[side]) {
      const name = side === "hostId" ? "host_id" : "container_id";
      throw fieldInvalid(where, `${name} ${mapping[side]} is in two mappings`);
    }
  }
}

/** @throws Fault `unsupported` when the handler or the machine cannot run pods with a user namespace */
export function assertCanMap({ features, mapping }: PodContext, { name, definition }: Handler): void {
  if (features.get(definition)?.hasUserNamespaces !== true) {
    throw userNamespaceUnsupported(field, `the runtime of handler ${name} has no user namespaces`);
  }
  if (!mapping.isPossible) throw userNamespaceUnsupported(field, mapping.problem);
}

/** Whose the files of a sandbox's containers are; undefined: as the image has it. */
export function ownersOf({ paths }: PodContext, { id, config }: SandboxRecord): MappedOwners | undefined {
  const mappings = config.security.namespaces.user;
  return mappings === undefined ? undefined : { userNamespace: paths.sandbox(id).userns, mappings };
}

/** The node's ids of a pod's root. */
function rootIdsOf({ uids, gids }: IdMappings): { readonly uid: number; readonly gid: number } {
  return { uid: hostIdOf(uids, 0) ?? 0, gid: hostIdOf(gids, 0) ?? 0 };
}

/** The owner of files that belong to the pod's root. */
export function podRootOf({ config }: SandboxRecord): { readonly uid: number; readonly gid: number } {
  const { user } = config.security.namespaces;
  return user === undefined ? { uid: 0, gid: 0 } : rootIdsOf(user);
}

/** Lets the root of a pod, who is not the node's, pass through a directory of the daemon's, and nobody else. */
export async function letPodPass({ host }: PodContext, record: SandboxRecord, directory: string): Promise<void> {
  if (record.config.security.namespaces.user === undefined) return;
  await host.files.chown(directory, 0, podRootOf(record).gid);
  await host.files.chmod(directory, 0o710);
}
