import type { Duplex } from "node:stream";
import type { DoctorCheck } from "#doctor";
import type { ContainerId, ImageId, SandboxId } from "#foundation";
import type { ContainerProcess, LogState, RuntimeFeatures } from "#runtime";
import type { ContainerConfig, LinuxResources, ProcessSession, SandboxConfig, WantedStreams } from "#spec";
import type { ContainerExplanation, ExplainRequest } from "./container/explain.ts";
import type { PodEvent, WatchEventsOptions } from "./events/types.ts";
import type { HandlerSet } from "./handlers.ts";
import type { ResolvedUser } from "./records.ts";
import type { SandboxResources } from "./sandbox/update-resources.ts";
import type { ContainerStats, SandboxDetail, SandboxStats } from "./stats/types.ts";

/** A sandbox as its users see it. */
export interface SandboxView {
  readonly id: SandboxId;
  readonly config: SandboxConfig;
  readonly handler: string;
  readonly createdAtNanos: bigint;
  readonly isReady: boolean;
  /** Primary first; empty when it is not ready or uses the node's network. */
  readonly ips: readonly string[];
  /** What crisp knows beyond CRI: for verbose status. */
  readonly details: Readonly<Record<string, unknown>>;
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

/** A container as its users see it. */
export interface ContainerView {
  readonly id: ContainerId;
  readonly sandboxId: SandboxId;
  readonly config: ContainerConfig;
  readonly createdAtNanos: bigint;
  readonly state: ContainerState;
  /** 0 when it has not started. */
  readonly startedAtNanos: bigint;
  /** 0 when it has not ended. */
  readonly finishedAtNanos: bigint;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly imageId: ImageId;
  readonly imageRef: string;
  readonly logPath: string;
  /** Number of the signal that asks it to end. */
  readonly stopSignal: number;
  readonly user: ResolvedUser | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which objects a list is about; what is absent does not narrow it. */
export interface ListFilter<State> {
  readonly id?: string;
  readonly state?: State;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ContainerFilter extends ListFilter<ContainerState> {
  readonly sandboxId?: string;
}

export interface ExecSyncOptions {
  readonly command: readonly string[];
  /** 0: none but the container's own end. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ExecSyncResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number;
}

export interface CheckpointOptions {
  /** Absolute path of the archive. */
  readonly location: string;
  /** 0: as the engine thinks fit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A new process in a running container, and which of its streams are wanted. */
export interface ExecRequest extends WantedStreams {
  readonly containerId: string;
  readonly command: readonly string[];
}

/** The first process of a running container, and which of its streams are wanted. */
export interface AttachRequest extends WantedStreams {
  readonly containerId: string;
}

export interface PortForwardTarget {
  readonly sandboxId: string;
  readonly port: number;
}

/** The signal ends waiting for the act itself; what the act returned outlives it. */
export interface StreamOptions {
  readonly signal: AbortSignal;
}

/** One fact about the engine's health, as a node condition tells it. */
export interface Condition {
  readonly isMet: boolean;
  /** CamelCase word; empty when met. */
  readonly reason: string;
  readonly message: string;
}

export interface HandlerView {
  /** Empty for the default handler, which is listed under both names. */
  readonly name: string;
  readonly hasRecursiveReadonlyMounts: boolean;
  readonly hasUserNamespaces: boolean;
}

/** A handler of the configuration, whether it works or not. */
export interface RuntimeHealth {
  readonly handler: string;
  readonly type: "oci" | "shim";
  /** What the operator named as its program. */
  readonly program: string;
  /** Pods without a RuntimeClass get it. */
  readonly isDefault: boolean;
  /** The configuration has another one of this name by now, or none: it takes no new pods. */
  readonly isRetired: boolean;
  /** How many pods it has. */
  readonly pods: number;
  readonly probed: RuntimeFeatures | { readonly problem: string };
  /** Why its pods cannot be attached to a network of its own; absent when they can, or are on the node's. */
  readonly networkProblem?: string;
  /** What its program did wrong when a container was to be made last; absent when that went well. */
  readonly latestFailure?: string;
}

export interface EngineHealth {
  readonly runtime: Condition;
  readonly network: Condition;
  /** Those that work, as Status lists them. */
  readonly handlers: readonly HandlerView[];
  /** All of them. */
  readonly runtimes: readonly RuntimeHealth[];
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Pods and containers of one node: what a CRI server serves.
 *
 * Ids may be given by a unique prefix. An act that changes something goes on to
 * its end even when its caller gives up; a caller that asks again joins it.
 */
export interface Engine {
  /**
   * Takes over the node's ranges of pod addresses, separated by commas, where the network's configuration is made from
   * a template.
   *
   * @throws Fault `invalid` for ranges or a template that are none, `not-found` without the template
   */
  usePodCidrs(podCidrs: string): Promise<void>;
  /**
   * Runs a sandbox and leaves it ready, or leaves nothing behind. Keyed by pod
   * uid, namespace, name and attempt: repeating it gives the same id.
   *
   * @throws Fault `invalid` for what the configuration may not hold
   * @throws Fault `unavailable` when no network configuration is loaded
   */
  runSandbox(config: SandboxConfig, handler: string): Promise<SandboxId>;
  /** Ends all processes of a sandbox and gives back its network. Missing or stopped is success. */
  stopSandbox(id: string): Promise<void>;
  /** Removes a sandbox and its containers, ending them first. Missing is success. */
  removeSandbox(id: string): Promise<void>;
  /** Notes what a pod may use from now on; its cgroup is its owner's. @throws Fault `wrong-state` unless it is ready */
  updateSandboxResources(id: string, resources: SandboxResources): Promise<void>;
  /** @throws Fault `not-found` */
  getSandbox(id: string): SandboxView;
  listSandboxes(filter: ListFilter<"ready" | "not-ready">): readonly SandboxView[];

  /**
   * Makes a container in a sandbox. Keyed by sandbox, name and attempt:
   * repeating it gives the same id.
   *
   * @throws Fault `not-found` without the sandbox or the image
   * @throws Fault `wrong-state` when the sandbox is not ready
   */
  createContainer(sandboxId: string, config: ContainerConfig): Promise<ContainerId>;
  /**
   * Starts a created container; returns when its program runs. What cannot be
   * started becomes exited with code 128 and reason StartError. A repeat joins
   * the start that runs, and succeeds while the container runs; one by a caller
   * whose signal came before the answer is told how that start ended.
   *
   * @throws Fault `wrong-state` when it has ended, or its sandbox is not ready
   */
  startContainer(id: string, options?: StreamOptions): Promise<void>;
  /**
   * Stops a container: its stop signal, `timeoutMs` of grace, then SIGKILL.
   * Returns when it has ended. Missing or ended is success; of several callers
   * the shortest grace counts.
   */
  stopContainer(id: string, timeoutMs: number): Promise<void>;
  /** Removes a container, killing it first when it runs. Missing is success. */
  removeContainer(id: string): Promise<void>;
  /**
   * Changes the limits of a created or running container; zero and empty mean "as before".
   *
   * @throws Fault `wrong-state` when it has ended, or uses more memory than it shall have
   */
  updateContainerResources(id: string, change: LinuxResources): Promise<void>;
  /**
   * Writes a checkpoint of a running container into an archive that root alone can read; the container stands still for some
   * of it and then runs on. A caller that gives up gets no archive.
   *
   * @throws Fault `unsupported` or `unavailable` when its runtime has no checkpoints, or not the program that writes them
   * @throws Fault `wrong-state` when it does not run
   */
  checkpointContainer(id: string, options: CheckpointOptions): Promise<void>;
  /** What a container would be given, without making anything of it. @throws Fault as `runSandbox` and `createContainer` */
  explainContainer(request: ExplainRequest): Promise<ContainerExplanation>;
  getContainer(id: string): ContainerView;
  listContainers(filter: ContainerFilter): readonly ContainerView[];

  /** Runs a command in a container. @throws Fault `timed-out` after killing all it started */
  execSync(id: string, options: ExecSyncOptions): Promise<ExecSyncResult>;
  /** Starts a command for a client that is there. @throws Fault `wrong-state` when the container does not run */
  exec(request: ExecRequest, options: StreamOptions): Promise<ProcessSession>;
  /**
   * Joins a container's own streams, those of them that it has. The client never stalls the container: one that falls too
   * far behind loses its streams. Same faults as `exec`.
   */
  attach(request: AttachRequest, options: StreamOptions): Promise<ProcessSession>;
  /**
   * Connects to a port inside a sandbox: 127.0.0.1, then ::1. `end()` of either side is a half close.
   *
   * @throws Fault `unavailable` when nothing listens there
   */
  portForward(target: PortForwardTarget, options: StreamOptions): Promise<Duplex>;
  /**
   * The processes of a container, by the numbers of the kernel that it is in.
   *
   * @throws Fault `wrong-state` when the container does not run, `unsupported` when its runtime does not tell
   */
  listProcesses(id: string, options: StreamOptions): Promise<readonly ContainerProcess[]>;
  /** Makes the monitor write to a new file at the container's log path. */
  reopenContainerLog(id: string): Promise<void>;
  /** How the logs of the containers that run go, by id; of those of which somebody tells. Never waits for a log's disk. */
  logStates(): Promise<ReadonlyMap<string, LogState>>;

  /** One that does not run has only what it wrote. @throws Fault `not-found` */
  containerStats(id: string): Promise<ContainerStats>;
  /** Those that run. Never waits for a disk. */
  listContainerStats(filter: Omit<ContainerFilter, "state">): Promise<readonly ContainerStats[]>;
  /** @throws Fault `not-found` */
  sandboxStats(id: string): Promise<SandboxStats>;
  /** Those that are ready. Never waits for a disk. */
  listSandboxStats(filter: Omit<ListFilter<never>, "state">): Promise<readonly SandboxStats[]>;

  /** All there is to know of the pods that are ready, each when it is asked for. */
  sandboxDetails(): AsyncIterable<SandboxDetail>;

  /**
   * What happens from now on, in order; none is left out, however slowly it is read. Statuses are those of the event's
   * moment, configurations the latest. In the first minutes of a restarted daemon it begins with that daemon's first event.
   *
   * @throws Fault `exhausted` out of the iteration, when the journal has dropped what comes next
   */
  watchEvents(signal: AbortSignal, options?: WatchEventsOptions): AsyncIterable<PodEvent>;

  /**
   * Runs the pull of an image for a pod as an act on that pod, so that its story tells what it waits for; a pod that is not
   * here has none.
   */
  pullFor<T>(pod: SandboxConfig["metadata"], image: string, pull: () => Promise<T>): Promise<T>;

  /** Result of the latest probes. */
  health(): EngineHealth;
}

/** An engine with its life in the daemon: closing it leaves all pods running. */
export interface NativeEngine extends Engine {
  /** What can be wrong with pods and containers, for the doctor. */
  checks(): Promise<readonly DoctorCheck[]>;
  /** Takes other handlers for pods that come, and probes them; pods that are there keep what they have. */
  useHandlers(set: HandlerSet): Promise<void>;
  /** The definitions of handlers that pods have been made with, and need for as long as they are there. */
  definitionsInUse(): ReadonlySet<string>;
  close(): Promise<void>;
}
