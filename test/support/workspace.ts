import { randomInt } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { HostNames } from "./host-observe.ts";
import { reclaimHost } from "./host-reclaim.ts";
import { hasSystemd } from "./systemd.ts";

/** Names and a directory that nothing else on the machine uses. */
export interface Workspace extends HostNames, AsyncDisposable {
  /** A few letters and digits that every name contains. */
  readonly id: string;
  /** Name of the CNI network. */
  readonly network: string;
  /** Takes back whatever carries this workspace's names, even what a failed test left. Idempotent. */
  close(): Promise<void>;
}

/** Takes a fresh set of names on this machine; `kind` is a letter or two that tells whose they are. */
export async function openWorkspace(kind = "t"): Promise<Workspace> {
  const id = `${kind}${randomInt(36 ** 5, 36 ** 6).toString(36)}`;
  const dir = path.join(tmpdir(), `crisp-${id}`);
  // Others may pass: the root of a pod with a user namespace is one of them.
  await mkdir(dir, { mode: 0o711 });
  const subnet = await findFreeSubnet();
  return workspaceOf({ id, dir, subnet });
}

/** The workspace with these names: the same one again in another process. */
export function workspaceOf(names: { readonly id: string; readonly dir: string; readonly subnet: string }): Workspace {
  const name = `crisp-${names.id}`;
  const cgroupParent = hasSystemd ? `/crisp.slice/${name}.slice` : `/${name}`;
  const plain = { ...names, bridge: name, network: name, cgroupParent };
  const close = async (): Promise<void> => {
    await reclaimHost(plain);
    await rm(plain.dir, { recursive: true, force: true });
  };
  return { ...plain, close, [Symbol.asyncDispose]: close };
}

/** A subdirectory of the workspace, made when it is not there. */
export async function directoryIn(workspace: Workspace, name: string): Promise<string> {
  const dir = path.join(workspace.dir, name);
  await mkdir(dir, { recursive: true });
  return dir;
}

async function findFreeSubnet(): Promise<string> {
  const routed = await listRoutedNetworks();
  for (;;) {
    const base = ((10 << 24) | (randomInt(128, 255) << 16) | (randomInt(0, 256) << 8)) >>> 0;
    if (!routed.some((route) => overlaps(base, route))) return `10.${(base >>> 16) & 255}.${(base >>> 8) & 255}.0/24`;
  }
}

interface Route {
  readonly destination: number;
  readonly mask: number;
}

function overlaps(subnet: number, route: Route): boolean {
  const common = route.mask & 0xff_ff_ff_00;
  return (subnet & common) === (route.destination & common);
}

/** All routes but the default one, from the kernel's table: little-endian hexadecimal words. */
async function listRoutedNetworks(): Promise<readonly Route[]> {
  const [, ...lines] = (await readFile("/proc/net/route", "utf8")).trim().split("\n");
  return lines
    .map((line) => line.split("\t"))
    .map((fields) => ({ destination: wordOf(fields[1]), mask: wordOf(fields[7]) }))
    .filter((route) => route.mask !== 0);
}

function wordOf(hex: string | undefined): number {
  return Buffer.from(hex ?? "", "hex").readUInt32LE();
}
