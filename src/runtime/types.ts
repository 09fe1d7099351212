import type { CgroupDetail, CgroupUsage, ProcessIdentity } from "#host";
import type { OciResources, OciSpec, ProcessSession, SandboxConfig, WantedStreams } from "#spec";

/** What a handler's programs are and what they can do. */
export interface RuntimeFeatures {
  /** Name of the runtime program, as it says itself: "runc". */
  readonly name: string;
  readonly version: string;
  readonly monitorVersion: string;
  /** Capabilities that a container of it may have; undefined when it does not tell. */
  readonly knownCapabilities?: ReadonlySet<string>;
  readonly hasRecursiveReadonlyMounts: boolean;
  readonly hasIdmappedMounts: boolean;
  readonly hasUserNamespaces: boolean;
  readonly hasSeccomp: boolean;
  readonly hasApparmor: boolean;
  readonly hasSelinux: boolean;
}

/** What names a container to a runtime, also one that was only half made. */
export interface ContainerRef {
  /** A container's id, or a sandbox's for its pause process. */
  readonly id: string;
  /** Directory of config.json and of the monitor's files; whoever made it removes it. Its name is the id: shims look for it by that. */
  readonly bundleDirectory: string;
}

/**
 * A container that was created: plain data, to be kept in a record.
 *
 * It stays good across restarts of the daemon, because processes are named by
 * pid and start time.
 */
export interface ContainerHandle extends ContainerRef {
  /** The container's first process. */
  readonly init: ProcessIdentity;
  /** The process that writes the container's log and exit file, and outlives the daemon. */
  readonly monitor: ProcessIdentity;
  /** The cgroup that all of the container's processes are in. */
  readonly cgroupPath: string;
}

/** What a container is to its pod. */
export interface PodMembership {
  readonly sandboxId: string;
  /** sandbox: the container that stands for the pod, and comes before all others. */
  readonly role: "sandbox" | "container";
  /** Bundle of the container with the role of the sandbox. */
  readonly sandboxBundle: string;
  /** As it was asked for: runtimes that make the pod themselves are given it. */
  readonly config: SandboxConfig;
  /** What the runtime is given of its annotations, and the handler's own. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The pod's network namespace; absent on the node's network. */
  readonly netnsPath?: string;
}

export interface CreateRequest extends ContainerRef {
  readonly spec: OciSpec;
  /** Absolute path of the CRI log file; undefined: output is dropped. */
  readonly logPath: string | undefined;
  /** Keeps standard input open for an attach; without it, it is /dev/null. */
  readonly hasStdin: boolean;
  /** Closes standard input when the first attached client leaves. */
  readonly isStdinOnce: boolean;
  /** Absent: it stands for itself. Only some runtimes care. */
  readonly pod?: PodMembership;
}

/** All the limits of a container that can change while it runs. */
export interface ResourceUpdate {
  readonly resources: OciResources;
  readonly oomScoreAdj: number;
}

export type ContainerExit =
  | {
      readonly kind: "exited";
      /** 128 + n when signal n ended it. */
      readonly exitCode: number;
      readonly finishedAtNanos: bigint;
      readonly wasOomKilled: boolean;
      /** What of its output is in no log, because the log's disk took nothing. @default 0 */
      readonly lostLogBytes?: number;
    }
  /** The monitor died first: nobody will ever know the exit code. The container may still run. */
  | { readonly kind: "monitor-lost"; readonly isRunning: boolean; readonly told?: LostEnd };

/** How an end is told that nobody has seen. */
export interface LostEnd {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

/** How what a container writes comes into its log. */
export interface LogState {
  /**
   * held: the log's disk takes nothing, and the container waits for it; dropping: that took too long, and its lines are
   * dropped until the disk takes some.
   */
  readonly flow: "flowing" | "held" | "dropping";
  /** What was dropped so far. */
  readonly lostBytes: number;
}

/** What the runtime itself knows of a container. */
export type RuntimeState = "missing" | "creating" | "created" | "running" | "paused" | "stopped";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * A container's way from config.json to nothing.
 *
 * `create` makes namespaces, cgroup and first process, which waits; `start`
 * lets it run the program. The exit is observed, never asked for: an observer
 * sees the whole log on disk before it sees the exit.
 */
export interface ContainerLifecycle {
  /**
   * Creates a container, or leaves nothing behind: no process, no cgroup, no log file.
   *
   * @throws Fault `not-found`, reason `runtime.command-not-found`, when the program is not in the image: runc says so here, crun at `start`
   * @throws Fault `denied`, reason `runtime.command-not-executable`
   * @throws Fault `not-found`, reason `runtime.no-log-directory`: the caller makes it
   * @throws Fault `broken`, reason `runtime.failed`, with the runtime's own words
   * @throws Fault `canceled` or `timed-out` after everything was taken back
   */
  create(request: CreateRequest, options?: CallOptions): Promise<ContainerHandle>;
  /** Lets the first process run the program. Same faults as `create`; on one, the container is still there. */
  start(container: ContainerHandle, options?: CallOptions): Promise<void>;
  /** Signals the first process; false when it has ended. */
  kill(container: ContainerHandle, signal: number): Promise<boolean>;
  /**
   * Gives a running container other limits.
   *
   * @throws Fault `wrong-state` when it has ended
   * @throws Fault `broken`, reason `runtime.failed`, when the kernel does not take a limit; those before it stay changed
   */
  update(container: ContainerHandle, update: ResourceUpdate, options?: CallOptions): Promise<void>;
  /** Kills every process of the container with SIGKILL, also those that outlive its first one. */
  killAll(container: ContainerHandle): Promise<void>;
  /** Waits, without polling, until the container has ended and its log is whole. Answers at once when it had ended before. */
  observeExit(container: ContainerHandle, options?: CallOptions): Promise<ContainerExit>;
  /**
   * Removes what the runtime keeps of a container, and its monitor. Missing is success.
   *
   * @param options.isForced kills what still runs
   * @throws Fault `wrong-state` when it runs and `isForced` is not set
   */
  delete(container: ContainerRef, options?: CallOptions & { readonly isForced?: boolean }): Promise<void>;
  /** Asks the runtime program: for recovery of records that stop half way. */
  inspect(container: ContainerRef, options?: CallOptions): Promise<RuntimeState>;
  /**
   * Makes the monitor close its log file and create it anew; returns when the new file exists.
   *
   * @throws Fault `wrong-state` when the container has ended
   */
  reopenLog(container: ContainerHandle, logPath: string, options?: CallOptions): Promise<void>;
  /** How the container's log goes now; undefined when it has none, or nobody tells. Never waits for the log's disk. */
  logState(container: ContainerRef): Promise<LogState | undefined>;
}

export interface ExecSyncRequest {
  readonly command: readonly string[];
  /** 0: none. */
  readonly timeoutMs: number;
}

export interface ExecSyncResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface ExecRequest extends WantedStreams {
  readonly command: readonly string[];
}

/** A process of a container, as far as anybody tells of it. */
export interface ContainerProcess {
  /** Its number on the node; where the container's kernel is another one, its number there. */
  readonly pid: number;
  /** Its name, as the kernel shortens it; of those on the node always. */
  readonly name?: string | undefined;
  /** Which command of a client it is, by a name that its runtime was given for that. */
  readonly execId?: string;
}

/** Further processes in a container that runs, and its own streams. */
export interface ContainerExec {
  /**
   * Runs a command in a container, with the container's own user, environment and limits, and collects its output.
   *
   * Output is cut at what one answer can hold, 1 KiB less than 16 MiB for both streams together. Returns when the command ends, even while a child of it holds the pipes.
   *
   * @throws Fault `timed-out`, after the command and its children were killed
   * @throws Fault `wrong-state` when the container does not run
   * @throws Fault `not-found` or `denied` when the command cannot be run, reasons as for `create`
   */
  execSync(container: ContainerHandle, request: ExecSyncRequest, options?: CallOptions): Promise<ExecSyncResult>;
  /**
   * Starts a command in a container, with the container's own user, environment and limits, for a client that is there.
   *
   * The signal ends waiting for the start; the session outlives it. Same faults as `execSync` but its deadline's.
   */
  exec(container: ContainerHandle, request: ExecRequest, options?: CallOptions): Promise<ProcessSession>;
  /**
   * Joins the streams of a container's first process; what comes is what it writes from now on.
   *
   * The outputs are read without a pause, so that no client stalls the container: one that falls too far behind loses its
   * streams with a Fault `exhausted`. Its log goes on as before.
   *
   * @throws Fault `wrong-state` when the container does not run
   */
  attach(container: ContainerHandle, request: WantedStreams, options?: CallOptions): Promise<ProcessSession>;
  /**
   * Lists the processes of a container, its commands among them.
   *
   * @throws Fault `wrong-state` when the container does not run
   * @throws Fault `unsupported`, reason `runtime.no-process-list`, when its runtime does not tell
   */
  listProcesses(container: ContainerHandle, options?: CallOptions): Promise<readonly ContainerProcess[]>;
}

/** What a container, or a whole pod, has used as its runtime tells it: its processes are in no cgroup of this machine. */
export interface RuntimeStatistics {
  readonly usage: CgroupUsage;
  readonly detail: ToldDetail;
  readonly processCount: number;
}

/** What a runtime tells beyond the usage: limits are not among it. */
export interface ToldDetail extends Pick<CgroupDetail, "devices" | "hugePages" | "tasks"> {
  readonly cpu: Omit<CgroupDetail["cpu"], "periodMicros" | "quotaMicros" | "shares">;
  readonly memory: Omit<CgroupDetail["memory"], "softLimitBytes">;
}

/** Where a checkpoint goes, and what belongs to the same moment. */
export interface CheckpointRequest {
  /** Empty directory for the images of its processes. */
  readonly imageDirectory: string;
  /** Directory for what the program that writes the images notes of it: `dump.log`, `stats-dump`. */
  readonly workDirectory: string;
  /** Runs when the images are there and the container still stands still. */
  readonly whileStill: () => Promise<void>;
}

/** Copies of containers that run, for who wants to look at them elsewhere. */
export interface ContainerCheckpoint {
  /**
   * Writes the memory and the state of all processes that are a container's first one or descend from it.
   *
   * The container stands still meanwhile and runs on afterwards, also when this fails. A dump that its signal cuts short
   * in the wrong moment can harm the container: whoever gives up waits for the end where there is time.
   *
   * @throws Fault `unsupported`, reason `runtime.no-checkpoint`, when the runtime cannot
   * @throws Fault `unavailable`, reason `runtime.program-unavailable`, without the program that does it
   * @throws Fault `wrong-state` when the container does not run
   * @throws Fault `broken`, reason `runtime.checkpoint-failed`, with the words of who failed
   */
  checkpoint(container: ContainerHandle, request: CheckpointRequest, options?: CallOptions): Promise<void>;
  /** Lets a container run on that stands still. One that runs, or has ended, is success. */
  resume(container: ContainerRef, options?: CallOptions): Promise<void>;
}

/** Whether a handler can work on this machine. */
export interface RuntimeProbe {
  /** @throws Fault `unavailable` naming the program that does not run and what it said */
  probe(options?: CallOptions): Promise<RuntimeFeatures>;
}

/** A runtime handler: one way to run containers. */
export interface OciRuntime extends ContainerLifecycle, ContainerExec, ContainerCheckpoint, RuntimeProbe {
  /**
   * What its pods consist of besides their containers: namespaces that the host pins; also a container of the sandbox's
   * own; or something that the runtime makes itself.
   */
  readonly sandboxKind: "namespaces" | "container" | "runtime";
  /** The name that a pod's RuntimeClass selects it by. */
  readonly handler: string;
  /**
   * What its program did wrong when a container was to be made last, by no fault of the container's; undefined when that
   * went well. Of those that only show by making one whether they can.
   */
  readonly latestFailure?: string | undefined;
  /**
   * Asks what a container, or a sandbox that the runtime makes itself, has used; undefined where it does not tell.
   *
   * Only for those that no cgroup of this machine has; a runtime that has none such is not asked.
   */
  statistics?(container: ContainerHandle, options?: CallOptions): Promise<RuntimeStatistics | undefined>;
}
