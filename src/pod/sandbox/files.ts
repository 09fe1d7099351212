import { basename } from "node:path";
import { isFault } from "#foundation";
import type { SandboxConfig } from "#spec";
import type { PodContext } from "../context.ts";
import type { SandboxRecord } from "../records.ts";

/** Size of a pod's /dev/shm, as the field's runtimes have it. */
const shmBytes = 64 * 1024 * 1024;

/** Writes the files that every container of the pod sees: resolv.conf, hostname and hosts. */
export async function writePodFiles(context: PodContext, { id, config }: SandboxRecord): Promise<void> {
  const { host, paths } = context;
  const { resolvConf, hostname, hosts } = paths.sandbox(id);
  await host.files.write(resolvConf, await resolvConfOf(context, config), { mode: 0o644 });
  await host.files.write(hostname, `${hostnameOf(context, config)}\n`, { mode: 0o644 });
  await host.files.write(hosts, await textOrEmpty(context, "/etc/hosts"), { mode: 0o644 });
}

/** The pod's own name, or the node's where the pod has none: as on the node's network. */
export function hostnameOf({ host }: PodContext, config: SandboxConfig): string {
  return config.hostname === "" ? host.machine.hostname : config.hostname;
}

async function resolvConfOf(context: PodContext, { dns }: SandboxConfig): Promise<string> {
  if (dns === undefined || (dns.servers.length === 0 && dns.searches.length === 0 && dns.options.length === 0)) {
    return await textOrEmpty(context, "/etc/resolv.conf");
  }
  return [
    ...(dns.searches.length === 0 ? [] : [`search ${dns.searches.join(" ")}`]),
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(dns.options.length === 0 ? [] : [`options ${dns.options.join(" ")}`]),
    "",
  ].join("\n");
}

/** A file of the node, empty when the node has none. */
async function textOrEmpty({ host }: PodContext, path: string): Promise<string> {
  try {
    return await host.files.readText(path);
  } catch (error) {
    if (isFault(error, "not-found")) return "";
    throw error;
  }
}

/** Mounts the shared memory of a pod that has an IPC namespace of its own. */
export async function mountShm({ host, paths }: PodContext, { id }: SandboxRecord): Promise<void> {
  const { shm } = paths.sandbox(id);
  await host.files.makeDirectory(shm, { mode: 0o1777 });
  await host.mounts.mount({
    source: basename(shm),
    target: shm,
    type: "tmpfs",
    flags: ["nosuid", "nodev", "noexec"],
    data: `mode=1777,size=${shmBytes}`,
  });
}
