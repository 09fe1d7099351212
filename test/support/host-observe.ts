import { readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";
import { run } from "./child.ts";

const cgroupRoot = "/sys/fs/cgroup";

/** What belongs to one test: everything on the host that carries one of these names. */
export interface HostNames {
  /** Directory that holds all of its files; short, because a socket's path has at most 107 bytes. */
  readonly dir: string;
  readonly bridge: string;
  /** `10.x.y.0/24`, not routed by this machine when it was chosen. */
  readonly subnet: string;
  /** Cgroup below which all of its containers run: `/crisp-…`, or a slice of that name. */
  readonly cgroupParent: string;
}

export interface HostProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

/** Processes that name the test in their command line, or run in its cgroups; no zombies, nor this process. */
export async function listProcesses(names: HostNames): Promise<readonly HostProcess[]> {
  const entries = await readdir("/proc");
  const pids = entries.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const seen = await Promise.all(pids.map((pid) => observeProcess(pid, names)));
  return seen.filter((found) => found !== undefined);
}

async function observeProcess(pid: number, names: HostNames): Promise<HostProcess | undefined> {
  const [stat, cmdline, cgroup] = await Promise.all(
    ["stat", "cmdline", "cgroup"].map((file) => readIfThere(`/proc/${pid}/${file}`)),
  );
  if (stat === undefined || cmdline === undefined || cgroup === undefined) return undefined;
  const [state = "", parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (["Z", "X"].includes(state)) return undefined;
  const command = cmdline.split("\0").join(" ").trim();
  const isOurs = command.includes(names.dir) || cgroup.includes(names.cgroupParent);
  return isOurs ? { pid, parentPid: Number(parentPid), command: command === "" ? nameIn(stat) : command } : undefined;
}

/** The name stands in parentheses, and may hold any character, parentheses too. */
function nameIn(stat: string): string {
  return stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
}

export interface HostMount {
  readonly path: string;
  /** It keeps a namespace of a process alive, rather than files. */
  readonly isNamespace: boolean;
}

/** Mounts below the test's directory, in the order in which they were made. */
export async function listMounts(names: HostNames): Promise<readonly HostMount[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return table
    .split("\n")
    .map((line) => ({ path: line.split(" ")[4] ?? "", isNamespace: line.includes(" - nsfs ") }))
    .filter((mount) => mount.path.startsWith(`${names.dir}/`));
}

/** Network devices that are plugged into the test's bridge. */
export async function listBridgePorts(names: HostNames): Promise<readonly string[]> {
  return (await listIfThere(`/sys/class/net/${names.bridge}/brif`)).toSorted();
}

/** The test's cgroup and those below it, over all hierarchies; deepest first. */
export async function listCgroups(names: HostNames): Promise<readonly string[]> {
  const mounted = (await listIfThere(cgroupRoot)).map((name) => path.join(cgroupRoot, name));
  const hierarchies = await Promise.all([cgroupRoot, ...mounted].map((root) => resolveDirectory(root)));
  const parents = [...new Set(hierarchies)].map((root) => path.join(root, names.cgroupParent));
  const found = await Promise.all(parents.map((parent) => listDirectories(parent)));
  return found.flat();
}

/** Hierarchies such as `cpu,cpuacct` are reached by links too: each is looked at once. */
async function resolveDirectory(directory: string): Promise<string> {
  try {
    return path.resolve(path.dirname(directory), await readlink(directory));
  } catch {
    return directory;
  }
}

/** A directory and all below it, deepest first; empty when it is not there. */
async function listDirectories(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const children = entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(directory, entry.name));
  const below = await Promise.all(children.map((child) => listDirectories(child)));
  return [...below.flat(), directory];
}

/** Packet filter rules that carry the name of the test's network, which is its bridge's, or an address of its subnet. */
export async function listFirewallRules({ bridge, subnet }: HostNames): Promise<readonly string[]> {
  const saved = await run("iptables-save", []);
  const addresses = ` ${subnet.slice(0, -"0/24".length)}`;
  return saved
    .split("\n")
    .filter((line) => line.startsWith("-A ") && (line.includes(bridge) || line.includes(addresses)));
}

/** Tables of host ports that lead into the test's network, or guard its bridge. */
export async function listHostPortTables({ bridge, subnet }: HostNames): Promise<readonly string[]> {
  const tables = [...(await run("nft", ["list", "tables", "inet"])).matchAll(/^table inet (crisp_\S+)$/gm)];
  const named = tables.map(([, name = ""]) => name);
  const rules = await Promise.all(named.map((name) => run("nft", ["list", "table", "inet", name]).catch(() => "")));
  const address = ` ${subnet.slice(0, -"0/24".length)}`;
  return named.filter((_, index) => [`"${bridge}"`, address].some((part) => rules[index]?.includes(part)));
}

/** Addresses that host-local has given away and not taken back. */
export async function listAddressLeases(dataDir: string): Promise<readonly string[]> {
  const entries = await readdir(dataDir, { recursive: true }).catch(() => []);
  return entries.filter((entry) => /(^|\/)[\da-f.:]+$/.test(entry) && /\d$/.test(entry)).toSorted();
}

/** All files and directories below a directory, relative to it. */
export async function listFiles(directory: string): Promise<readonly string[]> {
  return readdir(directory, { recursive: true }).catch(() => []);
}

async function listIfThere(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
