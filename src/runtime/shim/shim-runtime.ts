import { orAborted } from "#foundation";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import type { ProcessSession, WantedStreams } from "#spec";
import { openExecSession } from "../conmon/exec.ts";
import { runExecSync } from "../conmon/exec-sync.ts";
import { reopenLog } from "../conmon/reopen-log.ts";
import { wrongState } from "../faults.ts";
import { LogWriters } from "../log-writer/log-writers.ts";
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
  RuntimeStatistics,
} from "../types.ts";
import { attach } from "./attach.ts";
import { checkpointContainer, resumeContainer } from "./checkpoint-container.ts";
import { createContainer } from "./create-container.ts";
import { createSandbox } from "./create-sandbox.ts";
import { deleteContainer, inspectContainer } from "./delete-container.ts";
import { eventsDirectory, ShimEvents } from "./events.ts";
import { assertRuns, startExec } from "./exec.ts";
import { Exits, exitOf } from "./exits.ts";
import { faultOfShim, isFaultOfShim } from "./faults.ts";
import { killContainer } from "./kill-container.ts";
import { listProcesses } from "./list-processes.ts";
import { keepLog } from "./log-keeper.ts";
import { normalizeShimOptions, type ShimContext, type ShimRuntimeDeps, type ShimRuntimeOptions } from "./options.ts";
import { probe } from "./probe.ts";
import { PublishProgram } from "./publish-program.ts";
import { RuntimeLauncher } from "./runtime-launcher.ts";
import { readKeeperState, readShimState, shimFiles } from "./shim-files.ts";
import { Shims } from "./shims.ts";
import { askStatistics } from "./statistics.ts";
import { optionsOf, type ShimTask } from "./task.ts";
import { updateContainer } from "./update-container.ts";

const sigkill = 9;

/** A runtime over shims; closing it leaves them and their containers running. */
export interface ShimRuntime extends OciRuntime {
  close(): Promise<void>;
}

/** Makes a runtime of a program of the shim v2 interface. No shim is started here. */
export async function openShimRuntime(options: ShimRuntimeOptions, deps: ShimRuntimeDeps): Promise<ShimRuntime> {
  const settings = normalizeShimOptions(options);
  const shims = new Shims(deps.host);
  const exits = (): Exits => observed;
  const launcher = new RuntimeLauncher(settings, deps);
  const logs = new LogWriters(settings, deps);
  const events = new ShimEvents({ ...deps, settings });
  const publisher = new PublishProgram(deps.host, settings.programDirectory, eventsDirectory(settings.root));
  const grouping = { isKnown: false };
  const context: ShimContext = { ...deps, settings, shims, logs, grouping, launcher, events, publisher, exits };
  const observed = new Exits(context);
  return new CalledShims(context, await events.listen());
}

class CalledShims implements ShimRuntime {
  readonly handler: string;
  readonly #context: ShimContext;
  readonly #listener: { close(): Promise<void> };
  #latestFailure: string | undefined;

  constructor(context: ShimContext, listener: { close(): Promise<void> }) {
    this.#context = context;
    this.#listener = listener;
    this.handler = context.settings.handler;
  }

  get sandboxKind(): OciRuntime["sandboxKind"] {
    return this.#context.settings.sandboxer === "shim" ? "runtime" : "container";
  }

  get latestFailure(): string | undefined {
    return this.#latestFailure;
  }

  probe(options: CallOptions = {}): Promise<RuntimeFeatures> {
    return probe(this.#context, options);
  }

  async create(request: CreateRequest, options: CallOptions = {}): Promise<ContainerHandle> {
    const { events } = this.#context;
    // Containers that were there before are followed before there are new ones.
    events.knowAll();
    events.know(request.id, request.bundleDirectory);
    const isOwnSandbox = this.sandboxKind === "runtime" && request.pod?.role === "sandbox";
    try {
      const made = await (isOwnSandbox ? createSandbox : createContainer)(this.#context, request, options);
      this.#latestFailure = undefined;
      return made;
    } catch (error) {
      if (isFaultOfShim(error)) this.#latestFailure = error.message;
      throw error;
    }
  }

  async start(container: ContainerHandle, options: CallOptions = {}): Promise<void> {
    const act = `start ${container.id}`;
    this.#context.events.know(container.id, container.bundleDirectory);
    const { state } = await this.#taskOf(container, "start");
    // A sandbox of the shim's own runs from its creation on.
    if (state.kind === "sandbox") return;
    try {
      const client = await this.#context.shims.get(state);
      await client.call(Task.method.start, { id: container.id }, optionsOf(this.#context, options.signal));
    } catch (error) {
      throw faultOfShim(this.#context, act, error);
    }
  }

  async kill(container: ContainerHandle, signal: number): Promise<boolean> {
    return await this.#kill(container, signal, "init");
  }

  update(container: ContainerHandle, update: ResourceUpdate, options: CallOptions = {}): Promise<void> {
    return updateContainer(this.#context, container, { ...update, ...options });
  }

  async killAll(container: ContainerHandle): Promise<void> {
    await this.#kill(container, sigkill, "all");
  }

  async observeExit(container: ContainerHandle, options: CallOptions = {}): Promise<ContainerExit> {
    this.#context.events.know(container.id, container.bundleDirectory);
    await keepLog(this.#context, container, options.signal);
    return exitOf(await orAborted(this.#context.exits().follow(container), options.signal));
  }

  async delete(container: ContainerRef, options: CallOptions & { readonly isForced?: boolean } = {}): Promise<void> {
    await deleteContainer(this.#context, container, options);
    this.#context.events.forget(container.id);
  }

  inspect(container: ContainerRef, options: CallOptions = {}): Promise<RuntimeState> {
    return inspectContainer(this.#context, container, options);
  }

  async reopenLog(container: ContainerHandle, logPath: string, options: CallOptions = {}): Promise<void> {
    const keeper = await readKeeperState(this.#context.host, container.bundleDirectory);
    if (keeper === undefined) throw wrongState("reopen log of", container.id, "it keeps none");
    const { keeperDirectory } = shimFiles(container.bundleDirectory);
    const logged = { id: container.id, bundleDirectory: keeperDirectory, monitor: keeper.monitor };
    await reopenLog(this.#context, logged, { ...options, logPath });
  }

  logState({ bundleDirectory }: ContainerRef): Promise<LogState | undefined> {
    return this.#context.logs.tell({ bundleDirectory: shimFiles(bundleDirectory).keeperDirectory });
  }

  execSync(container: ContainerHandle, request: ExecSyncRequest, options: CallOptions = {}): Promise<ExecSyncResult> {
    return runExecSync(container.id, { ...request, ...options }, (wanted) =>
      startExec(this.#context, container, wanted),
    );
  }

  async exec(container: ContainerHandle, request: ExecRequest, options: CallOptions = {}): Promise<ProcessSession> {
    return openExecSession(await startExec(this.#context, container, { ...request, ...options }), request);
  }

  attach(container: ContainerHandle, request: WantedStreams, options: CallOptions = {}): Promise<ProcessSession> {
    return attach(this.#context, container, { ...request, ...options });
  }

  listProcesses(container: ContainerHandle, options: CallOptions = {}): Promise<readonly ContainerProcess[]> {
    return listProcesses(this.#context, container, options);
  }

  checkpoint(container: ContainerHandle, request: CheckpointRequest, options: CallOptions = {}): Promise<void> {
    return checkpointContainer(this.#context, container, { ...request, ...options });
  }

  resume(container: ContainerRef, options: CallOptions = {}): Promise<void> {
    return resumeContainer(this.#context, container, options);
  }

  statistics(container: ContainerHandle, options: CallOptions = {}): Promise<RuntimeStatistics | undefined> {
    return askStatistics(this.#context, container, options);
  }

  async close(): Promise<void> {
    this.#context.shims.close();
    await this.#listener.close();
  }

  async #kill(container: ContainerHandle, signal: number, target: "init" | "all"): Promise<boolean> {
    const { keeperDirectory } = shimFiles(container.bundleDirectory);
    await this.#context.logs.hurry({ bundleDirectory: keeperDirectory });
    const state = await readShimState(this.#context.host, container.bundleDirectory);
    return state !== undefined && (await killContainer(this.#context, { ...container, state }, signal, target));
  }

  async #taskOf(container: ContainerHandle, act: string): Promise<ShimTask> {
    return { ...container, state: await assertRuns(this.#context, container, act) };
  }
}
