import { readdir, stat } from "node:fs/promises";
import { openLinuxCgroups } from "./cgroups/linux-cgroups.ts";
import { DescriptorSockets } from "./descriptor-socket.ts";
import { isErrno } from "./errno.ts";
import { LinuxFiles } from "./files/linux-files.ts";
import { lockFile } from "./files/lock-file.ts";
import { readMachine } from "./machine/linux-machine.ts";
import { LinuxMounts } from "./mounts/linux-mounts.ts";
import { LinuxNamespaces } from "./namespaces/linux-namespaces.ts";
import { loadNative, type Native } from "./native/native.ts";
import type { LinuxHostOptions } from "./options.ts";
import { LinuxProcesses } from "./processes/linux-processes.ts";
import { becomeSubreaper } from "./processes/orphans.ts";
import { readPeerCredentials } from "./processes/peer-credentials.ts";
import { LinuxSockets } from "./sockets/linux-sockets.ts";
import type { Host } from "./types.ts";

const defaultCgroupRoot = "/sys/fs/cgroup";

/**
 * The machine this process runs on.
 *
 * Needs no closing: what it opens, it closes in the same act.
 *
 * @example
 * const host = await createLinuxHost({ path: "/usr/sbin:/usr/bin:/sbin:/bin" });
 * const { stdout } = await host.processes.run({ program: "runc", args: ["--version"] }, { timeoutMs: 5_000 });
 *
 * @throws Fault `unsupported` on another architecture
 */
export async function createLinuxHost(options: LinuxHostOptions): Promise<Host> {
  await createThreadPool();
  const native = loadNative();
  await keepDescriptors(native);
  const sockets = new DescriptorSockets(native);
  const processes = new LinuxProcesses(native, sockets, options.path);
  if (options.adoptsOrphans === true) becomeSubreaper(native, (pid) => processes.isOwned(pid));
  return {
    processes,
    sockets: new LinuxSockets({ native, sockets }),
    namespaces: new LinuxNamespaces(native, processes),
    mounts: new LinuxMounts(native),
    cgroups: await openLinuxCgroups({ root: options.cgroupRoot ?? defaultCgroupRoot }),
    files: new LinuxFiles(native),
    machine: await readMachine(),
    lockFile: (path) => lockFile(native, path),
    peerCredentials: (socket) => readPeerCredentials(native, socket),
  };
}

/**
 * Makes libuv start its threads, all of them with the first work it is given.
 *
 * Threads that were born while the main thread is in the namespaces of a pod
 * would stay there for good and open that pod's files and sockets for us.
 */
async function createThreadPool(): Promise<void> {
  await stat("/");
}

/**
 * Keeps from children what was open before Node started, as left by a shell or
 * a supervisor. Node does so itself, but only up to the first gap in the
 * numbers; everything that is opened later is kept from them anyway.
 */
async function keepDescriptors(native: Native): Promise<void> {
  for (const name of await readdir("/proc/self/fd")) {
    try {
      native.closeInChildren(Number(name));
    } catch (error) {
      // The one with which the directory was read.
      if (!isErrno(error, "EBADF")) throw error;
    }
  }
}
