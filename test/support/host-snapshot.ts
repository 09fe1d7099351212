import path from "node:path";
import {
  type HostNames,
  listAddressLeases,
  listBridgePorts,
  listCgroups,
  listFiles,
  listFirewallRules,
  listHostPortTables,
  listMounts,
  listProcesses,
} from "./host-observe.ts";

export interface HostScope extends HostNames {
  /** Directory of host-local's leases. */
  readonly leases?: string;
  /** Directories whose files are compared one by one. */
  readonly directories?: readonly string[];
}

/** What of a test is on the host now: for each kind of thing, what each is called. */
export type HostSnapshot = Readonly<Record<string, readonly string[]>>;

/**
 * Looks at everything on the host that carries the test's names, and at nothing else.
 *
 * The bridge itself is not counted, because its CNI plugin keeps it, nor is the
 * cgroup that stands for the pod's parent, because it is the caller's. Processes
 * go by their command line: a daemon that was restarted is the same.
 */
export async function snapshotHost(scope: HostScope): Promise<HostSnapshot> {
  const [processes, mounts, ports, cgroups, rules, tables, leases] = await Promise.all([
    listProcesses(scope),
    listMounts(scope),
    listBridgePorts(scope),
    listCgroups(scope),
    listFirewallRules(scope),
    listHostPortTables(scope),
    scope.leases === undefined ? [] : listAddressLeases(scope.leases),
  ]);
  return {
    processes: processes.map(({ command }) => command),
    mounts: mounts.filter(({ isNamespace }) => !isNamespace).map(({ path }) => path),
    "pinned namespaces": mounts.filter(({ isNamespace }) => isNamespace).map(({ path }) => path),
    "network devices": ports,
    cgroups: cgroups.filter((cgroup) => !cgroup.endsWith(scope.cgroupParent)),
    "firewall rules": rules,
    // What guards the bridge's way from 127.0.0.1 stays as long as the bridge.
    "host ports": tables.filter((name) => !name.endsWith("_guard")),
    "address leases": leases,
    ...(await snapshotDirectories(scope.directories ?? [])),
  };
}

async function snapshotDirectories(directories: readonly string[]): Promise<HostSnapshot> {
  const listed = directories.map(async (dir) => [`files in ${path.basename(dir)}`, await listLasting(dir)] as const);
  return Object.fromEntries(await Promise.all(listed));
}

/** Without the daemon's own programs: each is made when it is needed first, and serves all pods from then on. */
async function listLasting(directory: string): Promise<readonly string[]> {
  return (await listFiles(directory)).filter((file) => !file.startsWith("programs/"));
}

/** How two looks at the host differ, for each kind of thing: `+` is too many, `-` is missing. */
export function differencesOf(before: HostSnapshot, after: HostSnapshot): HostSnapshot {
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.fromEntries(kinds.map((kind) => [kind, compareLists(before[kind] ?? [], after[kind] ?? [])]));
}

/** The same as one text, a line for each difference; empty when nothing differs. */
export function compareHosts(before: HostSnapshot, after: HostSnapshot): string {
  return Object.entries(differencesOf(before, after))
    .flatMap(([kind, differences]) => differences.map((line) => `${line.slice(0, 2)}${kind}: ${line.slice(2)}`))
    .join("\n");
}

/** Counts: two of the same are one too many where there was one. */
function compareLists(before: readonly string[], after: readonly string[]): readonly string[] {
  const missing = [...before];
  const tooMany = after.filter((item) => {
    const index = missing.indexOf(item);
    if (index >= 0) missing.splice(index, 1);
    return index < 0;
  });
  return [...tooMany.map((item) => `+ ${item}`), ...missing.map((item) => `- ${item}`)];
}
