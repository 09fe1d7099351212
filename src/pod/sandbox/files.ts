import { basename } from "node:path";
import { isFault } from "#foundation";
import type { SandboxConfig } from "#spec";
import type { PodContext } from "../context.ts";
import type { SandboxRecord } from "../records.ts";
import { podRootOf } from "./user-namespace.ts";

/** Size of a pod's /dev/shm, as the field's runtimes have it. */
const shmBytes = 64 * 1024 * 1024;

/** Writes the files that every container of the pod sees: resolv.conf, hostname and hosts. */
export async function writePodFiles(context: PodContext, record: SandboxRecord): Promise<void> {
  const { host, paths } = context;
  const { resolvConf, hostname, hosts } = paths.sandbox(record.id);
  const { uid, gid } = podRootOf(record);
  const files = [
    [resolvConf, await resolvConfOf(context, record.config)],
    [hostname, `${hostnameOf(context, record.config)}\n`],
    [hosts, await textOrEmpty(context, "/etc/hosts")],
  ] as const;
  for (const [path, text] of files) {
    await host.files.write(path, text, { mode: 0o644 });
    if (uid !== 0 || gid !== 0) await host.files.chown(path, uid, gid);
  }
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
export async function mountShm({ host, paths }: PodContext, record: SandboxRecord): Promise<void> {
  const { shm } = paths.sandbox(record.id);
  const { uid, gid } = podRootOf(record);
  await host.files.makeDirectory(shm, { mode: 0o1777 });
  await host.mounts.mount({
    source: basename(shm),
    target: shm,
    type: "tmpfs",
    flags: ["nosuid", "nodev", "noexec"],
    data: `mode=1777,size=${shmBytes},uid=${uid},gid=${gid}`,
  });
}
