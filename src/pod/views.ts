import type { ContainerState, ContainerView, SandboxView } from "./engine.ts";
import type { PodPaths } from "./paths.ts";
import type { ContainerRecord, ContainerStatus, ExitedStatus, RunningStatus, SandboxRecord } from "./records.ts";

/**
 * Sandboxes and containers as their users see them.
 *
 * A record never changes, another takes its place: so its view is made once, and whoever keeps something by a view (the
 * encoding of a list's item) may do so for as long as it is told of the same one. It is the same with lists of them: a
 * kubelet asks for all each second, and almost always nothing has changed.
 */
export class Views {
  readonly #paths: PodPaths;
  readonly #sandboxes = new WeakMap<SandboxRecord, SandboxView>();
  readonly #containers = new WeakMap<ContainerRecord, ContainerView>();
  readonly #sandboxLists = new LatestList((record: SandboxRecord) => this.sandbox(record));
  readonly #containerLists = new LatestList((record: ContainerRecord) => this.container(record));

  constructor(paths: PodPaths) {
    this.#paths = paths;
  }

  /** What is half made or half gone is not ready. */
  sandbox(record: SandboxRecord): SandboxView {
    const known = this.#sandboxes.get(record);
    if (known !== undefined) return known;
    const view = viewSandbox(this.#paths, record);
    this.#sandboxes.set(record, view);
    return view;
  }

  container(record: ContainerRecord): ContainerView {
    const known = this.#containers.get(record);
    if (known !== undefined) return known;
    const view = viewContainer(this.#paths, record);
    this.#containers.set(record, view);
    return view;
  }

  /** Those that are made; the same list for the same records. */
  sandboxes(records: readonly SandboxRecord[]): readonly SandboxView[] {
    return this.#sandboxLists.of(records);
  }

  containers(records: readonly ContainerRecord[]): readonly ContainerView[] {
    return this.#containerLists.of(records);
  }
}

/** Views of the records that were listed last. */
class LatestList<Item extends { readonly status: { readonly phase: string } }, View> {
  readonly #viewOf: (record: Item) => View;
  #records: readonly Item[] = [];
  #views: readonly View[] = [];

  constructor(viewOf: (record: Item) => View) {
    this.#viewOf = viewOf;
  }

  of(records: readonly Item[]): readonly View[] {
    if (records !== this.#records) {
      this.#views = records.filter(({ status }) => status.phase !== "creating").map(this.#viewOf);
      this.#records = records;
    }
    return this.#views;
  }
}

function viewSandbox(paths: PodPaths, record: SandboxRecord): SandboxView {
  const { id, config, handler, createdAtNanos, status, cgroupParent } = record;
  const files = paths.sandbox(id);
  return {
    id,
    config,
    handler,
    createdAtNanos,
    isReady: status.phase === "ready",
    ips: status.phase === "ready" ? status.ips : [],
    details: {
      phase: status.phase,
      ...(status.phase === "stopping" && status.problem !== undefined ? { problem: status.problem } : {}),
      ...(status.phase === "ready" && status.pause !== undefined ? { pid: status.pause.init.pid } : {}),
      cgroupParent,
      directory: files.directory,
      networkNamespace: config.security.namespaces.network === "pod" ? files.netns : "",
    },
  };
}

const stateOfPhase: Readonly<Record<ContainerStatus["phase"], ContainerState>> = {
  creating: "unknown",
  created: "created",
  starting: "created",
  running: "running",
  exited: "exited",
};

function viewContainer(paths: PodPaths, record: ContainerRecord): ContainerView {
  const { status } = record;
  return {
    id: record.id,
    sandboxId: record.sandboxId,
    config: record.config,
    createdAtNanos: record.createdAtNanos,
    state: stateOfPhase[status.phase],
    startedAtNanos: "startedAtNanos" in status ? status.startedAtNanos : 0n,
    ...endOf(status),
    imageId: record.imageId,
    imageRef: record.imageRef,
    logPath: record.logPath,
    stopSignal: record.stopSignal,
    user: record.user,
    details: {
      phase: status.phase,
      ...(status.phase === "running" ? detailsOfRunning(status) : {}),
      bundle: paths.container(record.id).bundle,
    },
  };
}

function detailsOfRunning({ process, killAtNanos }: RunningStatus): Readonly<Record<string, unknown>> {
  return {
    pid: process.init.pid,
    monitorPid: process.monitor.pid,
    ...(killAtNanos === undefined ? {} : { killAt: new Date(Number(killAtNanos / 1_000_000n)).toISOString() }),
  };
}

function endOf(status: ContainerStatus): Pick<ExitedStatus, "finishedAtNanos" | "exitCode" | "reason" | "message"> {
  if (status.phase !== "exited") return { finishedAtNanos: 0n, exitCode: 0, reason: "", message: "" };
  const { finishedAtNanos, exitCode, reason, message } = status;
  return { finishedAtNanos, exitCode, reason, message };
}
