import { basename } from "node:path";
import { type Clock, createSystemClock, Fault, orAborted } from "#foundation";
import { killedExitCode, type ProcessSession, type WantedStreams } from "#spec";
import { commandNotFound, execTimedOut, wrongState } from "../faults.ts";
import type {
  CallOptions,
  CheckpointRequest,
  ContainerExit,
  ContainerHandle,
  ContainerProcess,
  ContainerRef,
  CreateRequest,
  ExecRequest,
  ExecSyncRequest,
  ExecSyncResult,
  LogState,
  OciRuntime,
  ResourceUpdate,
  RuntimeFeatures,
  RuntimeState,
} from "../types.ts";
import { FakeContainer } from "./fake-container.ts";
import { commonPrograms, type FakePrograms } from "./fake-program.ts";
import { FakeSession } from "./fake-session.ts";

/** Acts that can be made to fail. */
export type FakeAct =
  | "probe"
  | "create"
  | "start"
  | "update"
  | "kill"
  | "killAll"
  | "delete"
  | "execSync"
  | "exec"
  | "attach"
  | "listProcesses"
  | "checkpoint"
  | "resume"
  | "reopenLog";

export interface FakeRuntimeOptions {
  /** @default "fake" */
  readonly handler?: string;
  /** @default "namespaces" */
  readonly sandboxKind?: OciRuntime["sandboxKind"];
  readonly clock?: Clock;
  /** @default {@link commonPrograms} */
  readonly programs?: FakePrograms;
  /** Signals that end a container. @default SIGTERM, SIGINT, SIGQUIT and SIGHUP */
  readonly isDeadly?: (signal: number) => boolean;
}

const firstPid = 1_000;
const usualDeadlySignals: ReadonlySet<number> = new Set([1, 2, 3, 15]);

/** A runtime in memory, for tests of what stands above: keeps the contract of {@link OciRuntime}. */
export class FakeRuntime implements OciRuntime {
  readonly handler: string;
  readonly sandboxKind: OciRuntime["sandboxKind"];
  /** What it tells of containers that no cgroup has. */
  statistics?: NonNullable<OciRuntime["statistics"]>;
  /** What a checkpoint consists of. A test that has a host gives it another one, which writes there. */
  writeImages: (request: CheckpointRequest, signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();
  /** How the logs of containers go, by id; those of the others are told of by nobody. */
  readonly logStates: Map<string, LogState> = new Map<string, LogState>();
  /** Every act with the id it was for, oldest first: "create abc". */
  readonly calls: string[] = [];
  /** Every session that was opened, oldest first. */
  readonly sessions: FakeSession[] = [];
  readonly #clock: Clock;
  readonly #programs: FakePrograms;
  readonly #isDeadly: (signal: number) => boolean;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #commands = new Map<FakeContainer, readonly ContainerProcess[]>();
  readonly #faults = new Map<FakeAct, Fault>();
  #nextPid = firstPid;

  constructor(options: FakeRuntimeOptions = {}) {
    this.handler = options.handler ?? "fake";
    this.sandboxKind = options.sandboxKind ?? "namespaces";
    this.#clock = options.clock ?? createSystemClock();
    this.#programs = options.programs ?? commonPrograms;
    this.#isDeadly = options.isDeadly ?? ((signal) => usualDeadlySignals.has(signal));
  }

  /** Those that were created and not deleted, oldest first. */
  get containers(): readonly FakeContainer[] {
    return [...this.#containers.values()];
  }

  /** The container of this id, to look at. @throws Fault `not-found` */
  container(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new Fault("not-found", `find fake container ${id}`);
    return container;
  }

  /** Makes the next act of a kind fail. */
  failNext(act: FakeAct, fault: Fault): void {
    this.#faults.set(act, fault);
  }

  /** Ends a container by itself. */
  exit(id: string, exitCode: number, options: { readonly wasOomKilled?: boolean } = {}): void {
    const { wasOomKilled = false } = options;
    this.container(id).end({ kind: "exited", exitCode, finishedAtNanos: this.#clock.nowNanos(), wasOomKilled });
  }

  /** Ends the monitor of a container, which takes the exit code with it. */
  loseMonitor(id: string): void {
    const container = this.container(id);
    container.end({ kind: "monitor-lost", isRunning: container.state === "running" });
  }

  async probe(): Promise<RuntimeFeatures> {
    this.#begin("probe", this.handler);
    return {
      name: "fake",
      version: "1.0.0",
      monitorVersion: "1.0.0",
      hasRecursiveReadonlyMounts: false,
      hasIdmappedMounts: false,
      hasUserNamespaces: true,
      hasSeccomp: true,
      hasApparmor: false,
      hasSelinux: false,
    };
  }

  async create(request: CreateRequest, options: CallOptions = {}): Promise<ContainerHandle> {
    if (options.signal?.aborted === true) throw Fault.within(`create ${request.id}`, options.signal.reason);
    this.#begin("create", request.id);
    const { id, bundleDirectory, spec } = request;
    if (this.#containers.has(id)) throw new Fault("exists", `create ${id}: there is one already`);
    const { args } = spec.process;
    if (this.#programs(args).kind === "missing") throw commandNotFound(`create ${id}`, `${args[0]}: not found`);
    const handle = {
      id,
      bundleDirectory,
      init: this.#newProcess(),
      monitor: this.#newProcess(),
      cgroupPath: spec.linux.cgroupsPath,
    };
    this.#containers.set(id, new FakeContainer(request, handle));
    return handle;
  }

  async start({ id }: ContainerHandle): Promise<void> {
    this.#begin("start", id);
    const container = this.container(id);
    if (container.state !== "created") throw wrongState("start", id, `it is ${container.state}`);
    container.run();
    const program = this.#programs(container.request.spec.process.args);
    if (program.kind === "ends") this.exit(id, program.exitCode);
  }

  async kill({ id }: ContainerHandle, signal: number): Promise<boolean> {
    this.#begin("kill", id, ` ${signal}`);
    return this.#containers.get(id)?.take(signal, this.#clock.nowNanos(), this.#isDeadly) ?? false;
  }

  async update({ id }: ContainerHandle, update: ResourceUpdate): Promise<void> {
    this.#begin("update", id);
    const container = this.#containers.get(id);
    if (container === undefined || container.hasEnded) throw wrongState("update", id, "it has ended");
    container.updates.push(update);
  }

  async killAll({ id }: ContainerHandle): Promise<void> {
    this.#begin("killAll", id);
    this.#containers.get(id)?.take(9, this.#clock.nowNanos(), this.#isDeadly);
  }

  async observeExit({ id }: ContainerHandle, options: CallOptions = {}): Promise<ContainerExit> {
    const container = this.#containers.get(id);
    if (container === undefined) return { kind: "monitor-lost", isRunning: false };
    return orAborted(container.exit, options.signal);
  }

  async delete({ id }: ContainerRef, options: CallOptions & { readonly isForced?: boolean } = {}): Promise<void> {
    this.#begin("delete", id);
    const container = this.#containers.get(id);
    if (container === undefined) return;
    if (container.state === "running" && options.isForced !== true) throw wrongState("delete", id, "it is running");
    container.take(9, this.#clock.nowNanos(), this.#isDeadly);
    this.#containers.delete(id);
  }

  async inspect({ id }: ContainerRef): Promise<RuntimeState> {
    return this.#containers.get(id)?.state ?? "missing";
  }

  async reopenLog({ id }: ContainerHandle, logPath: string): Promise<void> {
    this.#begin("reopenLog", id);
    const container = this.#containers.get(id);
    if (container === undefined || container.hasEnded) throw wrongState("reopen log of", id, "it does not run");
    container.reopenedLogs.push(logPath);
  }

  async logState({ id }: ContainerRef): Promise<LogState | undefined> {
    return this.logStates.get(id);
  }

  async execSync(
    { id }: ContainerHandle,
    request: ExecSyncRequest,
    options: CallOptions = {},
  ): Promise<ExecSyncResult> {
    this.#begin("execSync", id);
    const container = this.#containers.get(id);
    if (container === undefined || container.hasEnded) throw wrongState("exec in", id, "it does not run");
    const program = this.#programs(request.command);
    if (program.kind === "missing") throw commandNotFound(`exec in ${id}`, `${request.command[0]}: not found`);
    if (program.kind === "ends") {
      return { exitCode: program.exitCode, stdout: Buffer.from(program.output), stderr: Buffer.alloc(0) };
    }
    if (request.timeoutMs > 0) throw execTimedOut(`exec in ${id}`, request.timeoutMs);
    await orAborted(container.exit, options.signal);
    return { exitCode: killedExitCode, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  }

  async exec({ id }: ContainerHandle, request: ExecRequest, options: CallOptions = {}): Promise<ProcessSession> {
    if (options.signal?.aborted === true) throw Fault.within(`exec in ${id}`, options.signal.reason);
    const container = this.#begunSession("exec", id);
    const program = this.#programs(request.command);
    if (program.kind === "missing") throw commandNotFound(`exec in ${id}`, `${request.command[0]}: not found`);
    const session = this.#openSession(container, request);
    this.#addCommand(container, basename(request.command[0] ?? ""), session);
    if (program.kind === "ends") {
      session.stdout?.write(program.output);
      session.exit(program.exitCode);
    }
    return session;
  }

  async attach({ id }: ContainerHandle, request: WantedStreams): Promise<ProcessSession> {
    return this.#openSession(this.#begunSession("attach", id), request);
  }

  async listProcesses({ id }: ContainerHandle): Promise<readonly ContainerProcess[]> {
    this.#begin("listProcesses", id);
    const container = this.#containers.get(id);
    if (container === undefined || container.hasEnded) throw wrongState("list the processes of", id, "it does not run");
    const [program = ""] = container.request.spec.process.args;
    return [{ pid: container.handle.init.pid, name: basename(program) }, ...(this.#commands.get(container) ?? [])];
  }

  async checkpoint({ id }: ContainerHandle, request: CheckpointRequest, { signal }: CallOptions = {}): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined || container.state !== "running") throw wrongState("checkpoint", id, "it does not run");
    container.hold(true);
    try {
      this.#begin("checkpoint", id);
      await this.writeImages(request, signal);
      await request.whileStill();
    } finally {
      container.hold(false);
    }
  }

  async resume({ id }: ContainerRef): Promise<void> {
    this.#begin("resume", id);
    this.#containers.get(id)?.hold(false);
  }

  #begunSession(act: "exec" | "attach", id: string): FakeContainer {
    this.#begin(act, id);
    const container = this.#containers.get(id);
    if (container === undefined || container.state !== "running") throw wrongState(act, id, "it does not run");
    return container;
  }

  #addCommand(container: FakeContainer, name: string, session: FakeSession): void {
    const command = { pid: this.#newProcess().pid, name };
    const others = (): readonly ContainerProcess[] =>
      (this.#commands.get(container) ?? []).filter((other) => other !== command);
    this.#commands.set(container, [...others(), command]);
    void session.ended.then(() => this.#commands.set(container, others()));
  }

  /** It ends with its container, at the latest. */
  #openSession(container: FakeContainer, request: WantedStreams): FakeSession {
    const session = new FakeSession(request);
    this.sessions.push(session);
    void container.exit.then((exit) => session.exit(exit.kind === "exited" ? exit.exitCode : killedExitCode));
    return session;
  }

  #begin(act: FakeAct, id: string, more = ""): void {
    this.calls.push(`${act} ${id}${more}`);
    const fault = this.#faults.get(act);
    if (fault === undefined) return;
    this.#faults.delete(act);
    throw fault;
  }

  #newProcess(): ContainerHandle["init"] {
    this.#nextPid += 1;
    return { pid: this.#nextPid, startTicks: BigInt(this.#nextPid) };
  }
}
