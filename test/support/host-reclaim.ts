import { rmdir } from "node:fs/promises";
import { run } from "./child.ts";
import {
  type HostNames,
  listBridgePorts,
  listCgroups,
  listFirewallRules,
  listHostPortTables,
  listMounts,
  listProcesses,
} from "./host-observe.ts";
import { stopSlice } from "./systemd.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Takes back everything on the host that carries a test's names: what a failed
 * test left behind, and what CNI plugins keep. Touches nothing else; may be repeated.
 */
export async function reclaimHost(names: HostNames): Promise<void> {
  await endProcesses(names);
  await unmountAll(names);
  await removeBridge(names);
  await removeFirewallRules(names);
  for (const table of await listHostPortTables(names)) await run("nft", ["delete", "table", "inet", table]);
  await stopSlice(names.cgroupParent);
  await removeCgroups(names);
}

async function endProcesses(names: HostNames): Promise<void> {
  await waitFor(`the end of all processes of ${names.dir}`, async () => {
    const left = await listProcesses(names);
    for (const { pid } of left) killIfThere(pid);
    return left.length === 0;
  });
}

/** Kills a process, which may have ended by itself. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Newest first: a later mount may stand on an earlier one. */
async function unmountAll(names: HostNames): Promise<void> {
  for (const mount of (await listMounts(names)).toReversed()) await run("umount", ["-l", mount.path]);
}

/** The ports vanish by themselves with their pods' network namespaces, but not at once. */
async function removeBridge(names: HostNames): Promise<void> {
  await waitFor(`the end of all ports of ${names.bridge}`, async () => {
    const ports = await listBridgePorts(names);
    await Promise.allSettled(ports.map((port) => run("ip", ["link", "del", port])));
    return ports.length === 0;
  });
  const links = await run("ip", ["-br", "link", "show", "type", "bridge"]);
  if (links.split("\n").some((line) => line.startsWith(`${names.bridge} `)))
    await run("ip", ["link", "del", names.bridge]);
}

/** Takes out each rule, then the chains that only such rules made. */
async function removeFirewallRules(names: HostNames): Promise<void> {
  const rules = await listFirewallRules(names);
  const chains = new Set<string>();
  for (const rule of rules) {
    const words = splitRule(rule);
    await run("iptables", ["-w", "-t", "nat", "-D", ...words.slice(1)]);
    const target = words[words.indexOf("-j") + 1];
    for (const chain of [words[1], target])
      if (chain !== undefined && /^CNI-(?:DN-)?[\da-f]{20,}$/.test(chain)) chains.add(chain);
  }
  for (const chain of chains) {
    await run("iptables", ["-w", "-t", "nat", "-F", chain]);
    await run("iptables", ["-w", "-t", "nat", "-X", chain]);
  }
}

/** Words of a line of iptables-save: blanks inside double quotes do not part words. */
function splitRule(rule: string): readonly string[] {
  const words = rule.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, "$1") : word));
}

async function removeCgroups(names: HostNames): Promise<void> {
  for (const cgroup of await listCgroups(names)) await rmdir(cgroup);
}
