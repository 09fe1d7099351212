import { mkdtemp, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { createLinuxHost, type Host } from "#host";

/** Names of everything that this run of the tests makes on the machine begin so; another run may go on beside it. */
export const prefix: string = `crisp-host-test-${process.pid}-`;
export const cgroupRoot = "/sys/fs/cgroup";

/** As the host names the cgroups with which it probes. */
const probePrefix = `crisp-probe-${process.pid}-`;
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const sigkill = 9;

/** This machine, and an empty directory on it. */
export interface Place {
  readonly host: Host;
  readonly directory: string;
  /** Takes everything away that is left; fails when that is more than the directory. */
  readonly dispose: () => Promise<void>;
}

interface Traces {
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly children: readonly number[];
  /** Of every thread of this process, each once: a thread that stayed in a pod's shows. */
  readonly namespaces: readonly string[];
}

/** Opens a place for one test. */
export async function openPlace(): Promise<Place> {
  const before = await look();
  const host = await createLinuxHost({ path });
  const directory = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  const dispose = async (): Promise<void> => {
    const after = await look();
    await reclaim(host, before, after);
    await rm(directory, { recursive: true });
    expect(after).toEqual(before);
  };
  return { host, directory, dispose };
}

/** What a test can leave behind besides files. */
async function look(): Promise<Traces> {
  const mountinfo = await readFile("/proc/self/mountinfo", "utf8");
  const targets = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "");
  const roots = ["", ...(await readdir(cgroupRoot))].map((name) => join(cgroupRoot, name));
  const names = (await Promise.all(roots.map((root) => readdir(root).catch(() => [])))).flat();
  const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
  return {
    mounts: targets.filter((target) => target.includes(prefix)),
    cgroups: [...new Set(names.filter((name) => name.startsWith(prefix) || name.startsWith(probePrefix)))],
    children: children.split(" ").filter(Boolean).map(Number),
    namespaces: await namespacesOfThreads(),
  };
}

async function namespacesOfThreads(): Promise<readonly string[]> {
  const tasks = await readdir("/proc/self/task");
  const links = tasks.flatMap((task) => ["net", "ipc", "uts"].map((kind) => `/proc/self/task/${task}/ns/${kind}`));
  const namespaces = await Promise.all(links.map((link) => readlink(link).catch(() => undefined)));
  return [...new Set(namespaces.filter((namespace) => namespace !== undefined))].sort();
}

/** Ends what a failed test left: only what was not there before it. */
async function reclaim(host: Host, before: Traces, after: Traces): Promise<void> {
  for (const pid of after.children) if (!before.children.includes(pid)) process.kill(pid, sigkill);
  for (const mount of after.mounts) if (!before.mounts.includes(mount)) await host.mounts.unmount(mount);
  for (const cgroup of after.cgroups) if (!before.cgroups.includes(cgroup)) await host.cgroups.remove(`/${cgroup}`);
}
