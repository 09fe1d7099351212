import type { OciProcess, OciSpec, SandboxConfig, SeccompProfile } from "#spec";
import { formatCgroupsPath } from "../spec/cgroup-path.ts";
import type { CgroupPlace, ContainerNamespaces, ContainerSpec, MachineFacts } from "../spec/input.ts";
import { chooseLabels } from "../spec/labels.ts";
import { listMappings, listNamespaces } from "../spec/namespaces.ts";
import { clampOomScore } from "../spec/oom-score.ts";
import { chooseSeccomp } from "../spec/seccomp.ts";

export interface PauseSpecInput {
  readonly sandbox: SandboxConfig;
  /** Directory with the program as `pause`, and empty directories `proc` and `dev`; it may be shared by all pods. */
  readonly rootfsPath: string;
  readonly namespaces: Omit<ContainerNamespaces, "pid">;
  readonly cgroup: CgroupPlace;
  readonly machine: MachineFacts;
  /** The profile that the sandbox's localhost reference names. */
  readonly localhostSeccomp?: SeccompProfile;
}

/** Nobody: no file of the machine belongs to it, and it needs none. */
const user = 65_535;
/** The last to be killed for memory: with it goes the pod's PID namespace, and every process in there. */
const wantedOomScore = -998;

const maskedPaths: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
];
const readonlyPaths: readonly string[] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Builds the config.json of the process that holds a pod's shared PID namespace; see `buildPauseProgram`. */
export function buildPauseSpec(input: PauseSpecInput): ContainerSpec {
  const { cgroup, machine, namespaces, rootfsPath, sandbox } = input;
  const { oomScoreAdj, clamped } = clampOomScore(wantedOomScore, machine.own);
  const seccomp = chooseSeccomp({
    security: { ...sandbox.security, isPrivileged: false },
    hasSeccomp: machine.hasSeccomp,
    localhost: input.localhostSeccomp,
    target: { ...machine, capabilities: [] },
  });
  const { mountLabel, ...labels } = chooseLabels(sandbox.security, machine);
  const spec: OciSpec = {
    ociVersion: "1.0.2",
    process: { ...pauseProcess(oomScoreAdj), ...labels },
    root: { path: rootfsPath, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      // The runtime makes device nodes, and they must not come to lie in the directory that pods share.
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "noexec", "mode=755", "size=64k"] },
    ],
    linux: {
      namespaces: listNamespaces({ ...namespaces, pid: "new" }, cgroup.version, false),
      ...listMappings(namespaces),
      cgroupsPath: formatCgroupsPath(cgroup),
      resources: { devices: [{ allow: false, access: "rwm" }] },
      ...(seccomp === undefined ? {} : { seccomp }),
      maskedPaths,
      readonlyPaths,
      ...(mountLabel === undefined ? {} : { mountLabel }),
    },
  };
  return { spec, clamped };
}

function pauseProcess(oomScoreAdj: number): OciProcess {
  return {
    terminal: false,
    user: { uid: user, gid: user },
    args: ["/pause"],
    env: [],
    cwd: "/",
    capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
    noNewPrivileges: true,
    oomScoreAdj,
  };
}
