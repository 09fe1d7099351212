import { isAbsolute } from "node:path";
import { isFault } from "#foundation";
import type { Host } from "#host";
import type { DoctorCheck } from "../types.ts";
import { type KernelFacts, planKernel } from "./kernel.ts";
import type { MachineNeeds } from "./needs.ts";
import { type PodNetwork, readPodNetwork } from "./pod-network.ts";
import { listNeededPrograms, planPrograms } from "./programs.ts";

export type MachineHost = Pick<Host, "files" | "processes" | "cgroups" | "machine">;

/** What the machine must have for pods to run on it, whether crispd runs or not. */
export function createMachineChecks(needs: MachineNeeds, host: MachineHost): readonly DoctorCheck[] {
  return [
    { name: "programs", look: () => lookForPrograms(needs, host) },
    { name: "kernel", look: () => lookAtKernel(host) },
  ];
}

async function lookForPrograms(needs: MachineNeeds, host: MachineHost): ReturnType<DoctorCheck["look"]> {
  const [network, handlerNetworks] = await readNetworks(needs, host);
  const { signaturePolicy } = needs.images;
  const policy = signaturePolicy === "" ? "" : await textOf(host, signaturePolicy);
  const hasApparmor = (await host.files.stat("/sys/kernel/security/apparmor")) !== undefined;
  const wanted = listNeededPrograms(needs, { network, handlerNetworks, policy, hasApparmor });
  const found = new Set<string>();
  for (const { program, directories } of wanted) if (await isThere(host, program, directories)) found.add(program);
  return {
    at: `${wanted.length} programs: ${wanted.map(({ program }) => program).join(", ")}`,
    findings: [...[network, ...handlerNetworks].flatMap(({ findings }) => findings), ...planPrograms(wanted, found)],
  };
}

/** The network that the node is ready by, that of its default handler, and those of other handlers. */
async function readNetworks(
  { cni, runtimes, defaultRuntime }: MachineNeeds,
  { files }: MachineHost,
): Promise<readonly [PodNetwork, readonly PodNetwork[]]> {
  const node = runtimes[defaultRuntime]?.cniConfDir || cni.confDir;
  const others = new Set(Object.values(runtimes).map(({ cniConfDir }) => cniConfDir || cni.confDir));
  others.delete(node);
  return await Promise.all([
    readPodNetwork(files, node, "node"),
    Promise.all([...others].map((confDir) => readPodNetwork(files, confDir, "handler"))),
  ]);
}

/** A plugin is looked for in its directories, a path where it says, and a name in PATH. */
async function isThere(host: MachineHost, program: string, directories: readonly string[]): Promise<boolean> {
  const places = isAbsolute(program) ? [program] : directories.map((directory) => `${directory}/${program}`);
  if (places.length === 0) return isInPath(host, program);
  const stats = await Promise.all(places.map((path) => host.files.stat(path)));
  return stats.some((stat) => stat !== undefined);
}

function isInPath(host: MachineHost, program: string): boolean {
  try {
    host.processes.locate(program);
    return true;
  } catch (error) {
    if (isFault(error, "not-found")) return false;
    throw error;
  }
}

async function lookAtKernel(host: MachineHost): ReturnType<DoctorCheck["look"]> {
  const facts = await readKernel(host);
  const { release, cgroupVersion, controllers } = facts;
  return {
    at: `Linux ${release}, cgroup ${cgroupVersion} with ${[...controllers].sort().join(", ")}`,
    findings: planKernel(facts),
  };
}

async function readKernel(host: MachineHost): Promise<KernelFacts> {
  const { version } = host.cgroups;
  const [fileSystems, controllers, maxUserNamespaces, namespaces, seccomp] = await Promise.all([
    textOf(host, "/proc/filesystems"),
    version === "v2" ? textOf(host, "/sys/fs/cgroup/cgroup.controllers") : textOf(host, "/proc/cgroups"),
    textOf(host, "/proc/sys/user/max_user_namespaces"),
    host.files.list("/proc/self/ns"),
    textOf(host, "/proc/sys/kernel/seccomp/actions_avail"),
  ]);
  return {
    release: host.machine.kernelRelease,
    cgroupVersion: version,
    fileSystems: new Set(fileSystems.split(/\s+/)),
    controllers: version === "v2" ? new Set(controllers.trim().split(/\s+/)) : enabledControllers(controllers),
    namespaces: new Set(namespaces),
    maxUserNamespaces: Number(maxUserNamespaces.trim() || 0),
    hasSeccomp: seccomp !== "",
  };
}

/** Lines of /proc/cgroups: name, hierarchy, number of cgroups, enabled. */
function enabledControllers(table: string): ReadonlySet<string> {
  const rows = table.split("\n").map((line) => line.split("\t"));
  return new Set(rows.flatMap(([name = "", , , enabled]) => (enabled === "1" ? [name] : [])));
}

/** A file of the node; empty when it is not there. */
async function textOf({ files }: MachineHost, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (error) {
    if (isFault(error, "not-found")) return "";
    throw error;
  }
}
