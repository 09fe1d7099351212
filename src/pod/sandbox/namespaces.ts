import { dirname } from "node:path";
import type { PodContext } from "../context.ts";
import type { SandboxRecord } from "../records.ts";
import { hostnameOf } from "./files.ts";

/** Files that pin the namespaces a sandbox owns; on the node's network it has the node's host name too. */
export function pinsOf(
  { paths }: PodContext,
  { id, config }: SandboxRecord,
): { user?: string; net?: string; uts?: string; ipc?: string } {
  const { userns, netns, ipcns, utsns } = paths.sandbox(id);
  const { user, network, ipc } = config.security.namespaces;
  return {
    ...(user === undefined ? {} : { user: userns }),
    ...(network === "pod" ? { net: netns, uts: utsns } : {}),
    ...(ipc === "pod" ? { ipc: ipcns } : {}),
  };
}

/** Makes the namespaces that a sandbox owns, with its host name, its sysctls and `lo` up. */
export async function pinNamespaces(context: PodContext, record: SandboxRecord): Promise<void> {
  const { user, ...pins } = pinsOf(context, record);
  if (user === undefined && Object.keys(pins).length === 0) return;
  const mappings = record.config.security.namespaces.user;
  await context.host.files.makeDirectory(dirname(context.paths.sandbox(record.id).netns), { mode: 0o700 });
  await context.host.namespaces.pin({
    pins,
    ...(user === undefined || mappings === undefined ? {} : { user: { path: user, mappings } }),
    sysctls: record.config.sysctls,
    ...(pins.uts === undefined ? {} : { hostname: hostnameOf(context, record.config) }),
    loopbackUp: pins.net !== undefined,
  });
}

/** Lets go of a sandbox's namespaces; without a process in them they end. */
export async function unpinNamespaces(context: PodContext, record: SandboxRecord): Promise<void> {
  for (const path of Object.values(pinsOf(context, record))) await context.host.namespaces.unpin(path);
}
