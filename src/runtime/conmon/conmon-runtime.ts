import type { ProcessSession, WantedStreams } from "#spec";
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
} from "../types.ts";
import { attach } from "./attach.ts";
import { checkpointContainer, resumeContainer } from "./checkpoint-container.ts";
import { createContainer } from "./create-container.ts";
import { deleteContainer, inspectContainer } from "./delete-container.ts";
import { exec } from "./exec.ts";
import { execSync } from "./exec-sync.ts";
import { listProcesses } from "./list-processes.ts";
import { observeExit } from "./observe-exit.ts";
import { type ConmonContext, type ConmonRuntimeDeps, type ConmonRuntimeOptions, normalizeOptions } from "./options.ts";
import { probe } from "./probe.ts";
import { reopenLog } from "./reopen-log.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";
import { RuntimeProgram } from "./runtime-program.ts";
import { killAll, killInit } from "./signal-container.ts";
import { updateContainer } from "./update-container.ts";

/**
 * Makes a runtime of an OCI runtime program (runc, crun) and one conmon for each container.
 *
 * Neither is started here. The monitors outlive the daemon; the runtime program runs only for the time of a call.
 */
export function createConmonRuntime(options: ConmonRuntimeOptions, deps: ConmonRuntimeDeps): OciRuntime {
  const settings = normalizeOptions(options);
  const program = new RuntimeProgram(settings.runtimePath, deps);
  return new ConmonRuntime({ ...deps, settings, program, logs: new LogWriters(settings, deps) });
}

class ConmonRuntime implements OciRuntime {
  readonly handler: string;
  readonly sandboxKind = "namespaces";
  readonly #context: ConmonContext;

  constructor(context: ConmonContext) {
    this.#context = context;
    this.handler = context.settings.handler;
  }

  probe(options: CallOptions = {}): Promise<RuntimeFeatures> {
    return probe(this.#context, options);
  }

  create(request: CreateRequest, options: CallOptions = {}): Promise<ContainerHandle> {
    return createContainer(this.#context, request, options);
  }

  async start(container: ContainerHandle, options: CallOptions = {}): Promise<void> {
    assertSucceeded(`start ${container.id}`, await runRuntime(this.#context, ["start", container.id], options));
  }

  kill(container: ContainerHandle, signal: number): Promise<boolean> {
    return killInit(this.#context, container, signal);
  }

  update(container: ContainerHandle, update: ResourceUpdate, options: CallOptions = {}): Promise<void> {
    return updateContainer(this.#context, container, { ...update, ...options });
  }

  killAll(container: ContainerHandle): Promise<void> {
    return killAll(this.#context, container);
  }

  observeExit(container: ContainerHandle, options: CallOptions = {}): Promise<ContainerExit> {
    return observeExit(this.#context, container, options);
  }

  delete(container: ContainerRef, options: CallOptions & { readonly isForced?: boolean } = {}): Promise<void> {
    return deleteContainer(this.#context, container, options);
  }

  inspect(container: ContainerRef, options: CallOptions = {}): Promise<RuntimeState> {
    return inspectContainer(this.#context, container, options);
  }

  reopenLog(container: ContainerHandle, logPath: string, options: CallOptions = {}): Promise<void> {
    return reopenLog(this.#context, container, { ...options, logPath });
  }

  logState(container: ContainerRef): Promise<LogState | undefined> {
    return this.#context.logs.tell(container);
  }

  execSync(container: ContainerHandle, request: ExecSyncRequest, options: CallOptions = {}): Promise<ExecSyncResult> {
    return execSync(this.#context, container, { ...request, ...options });
  }

  exec(container: ContainerHandle, request: ExecRequest, options: CallOptions = {}): Promise<ProcessSession> {
    return exec(this.#context, container, { ...request, ...options });
  }

  checkpoint(container: ContainerHandle, request: CheckpointRequest, options: CallOptions = {}): Promise<void> {
    return checkpointContainer(this.#context, container, { ...request, ...options });
  }

  resume(container: ContainerRef, options: CallOptions = {}): Promise<void> {
    return resumeContainer(this.#context, container, options);
  }

  attach(container: ContainerHandle, request: WantedStreams, options: CallOptions = {}): Promise<ProcessSession> {
    return attach(this.#context, container, { ...request, ...options });
  }

  listProcesses(container: ContainerHandle, options: CallOptions = {}): Promise<readonly ContainerProcess[]> {
    return listProcesses(this.#context, container, options);
  }
}
