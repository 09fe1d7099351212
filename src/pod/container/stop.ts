import { abortReason, type ContainerId, deadline, Fault } from "#foundation";
import { tellStuck } from "#host";
import type { PodContext } from "../context.ts";
import { findContainer, getSandbox } from "../find.ts";
import { type ContainerRecord, type MonitoredProcess, untilReboot } from "../records.ts";
import { actOnContainer } from "../stage.ts";
import { handleOf, markNeverRan, sharesPidNamespace, stoppedBeforeStart } from "./phases.ts";

const sigkill = 9;

/**
 * Stops containers: stop signal, grace, SIGKILL.
 *
 * Invariants: one running stop a container; each further caller can only bring
 * the kill forward; a stop goes on when its callers have gone.
 */
export class ContainerStops {
  readonly #context: PodContext;
  readonly #running = new Map<ContainerId, RunningStop>();

  constructor(context: PodContext) {
    this.#context = context;
  }

  /**
   * Stops a container and returns when its record says that it ended. Missing or ended is success.
   *
   * @throws Fault `timed-out` when it does not end though it was killed
   */
  async stop(id: string, graceMs: number): Promise<void> {
    const found = findContainer(this.#context, id);
    const record = found === undefined || hasRun(found) ? found : await this.#endUnstarted(found.id);
    if (record?.status.phase !== "running") return;
    this.#context.checkpoints.letGo(record.id);
    const stop = this.#running.get(record.id) ?? this.#begin(record, record.status.process);
    await actOnContainer(this.#context, record, "stop", () => stop.within(graceMs));
  }

  /** Goes on with a stop that an earlier daemon had begun: its stop signal was sent, and its kill comes when it was to come. */
  resume(record: ContainerRecord): void {
    if (record.status.phase !== "running" || record.status.killAtNanos === undefined) return;
    const remainingMs = Number((record.status.killAtNanos - this.#context.clock.nowNanos()) / 1_000_000n);
    this.#begin(record, record.status.process).killWithin(Math.max(0, remainingMs));
  }

  /**
   * Waits for a create or a start that runs, and ends what does not run by then.
   *
   * Under the lock: a start that comes right behind must find that it has ended.
   */
  async #endUnstarted(id: ContainerId): Promise<ContainerRecord | undefined> {
    return await this.#context.locks.run(id, async () => {
      const record = findContainer(this.#context, id);
      if (record === undefined || hasRun(record)) return record;
      const end = { reason: stoppedBeforeStart, message: "stopped before it was started" };
      return markNeverRan(this.#context, record, end);
    });
  }

  #begin(record: ContainerRecord, process: MonitoredProcess): RunningStop {
    const stop = new RunningStop(this.#context, record, process);
    this.#running.set(record.id, stop);
    void stop.ended.then(() => this.#running.delete(record.id));
    return stop;
  }
}

function hasRun({ status }: ContainerRecord): boolean {
  return status.phase === "running" || status.phase === "exited";
}

/** One container on its way to its end. */
class RunningStop {
  readonly ended: Promise<void>;
  readonly #context: PodContext;
  readonly #id: ContainerId;
  readonly #cgroupPath: string;
  readonly #signals: { readonly stop: () => Promise<unknown>; readonly kill: () => Promise<unknown> };
  /** Rejects when a signal cannot be sent. */
  #failure = whenRejected();
  #wasAsked = false;
  #killAtMs = Number.POSITIVE_INFINITY;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(context: PodContext, record: ContainerRecord, process: MonitoredProcess) {
    this.#context = context;
    this.#id = record.id;
    this.#cgroupPath = process.cgroupPath;
    this.#signals = signalsOf(context, record, process);
    this.ended = context.supervisor.ended(record.id).finally(() => clearTimeout(this.#killTimer));
  }

  /** Waits for the end, which comes at the latest after this grace and the time that a kill takes. */
  async within(graceMs: number): Promise<void> {
    if (graceMs > 0) this.#ask();
    this.killWithin(graceMs);
    const { killTimeoutMs } = this.#context.options;
    const patience = deadline(graceMs + killTimeoutMs);
    const overdue = abortReason(patience).catch(async (cause: unknown) => {
      const why = await this.#describeRest();
      throw new Fault("timed-out", `still runs ${killTimeoutMs / 1000} s after SIGKILL${why}`, { cause });
    });
    await Promise.race([this.ended, this.#failure.promise, overdue]);
    const phase = this.#context.containers.find(this.#id)?.status.phase;
    if (phase === "running") throw new Fault("unavailable", "the daemon stops before the container does");
  }

  /** Why a killed container is still there: which of its processes hang in the kernel, and in what. */
  async #describeRest(): Promise<string> {
    const { host } = this.#context;
    const pids = await host.cgroups.pids(this.#cgroupPath);
    const stuck = pids.map((pid) => host.processes.describeStuck(pid)).filter((found) => found !== undefined);
    return stuck.map((process) => `; ${tellStuck(process)}`).join("");
  }

  #ask(): void {
    if (this.#wasAsked) return;
    this.#wasAsked = true;
    this.#send(this.#signals.stop, () => {
      this.#wasAsked = false;
    });
  }

  /** Kills after this grace at the latest; a kill that comes sooner stays. */
  killWithin(graceMs: number): void {
    const killAtMs = performance.now() + graceMs;
    if (killAtMs >= this.#killAtMs) return;
    this.#killAtMs = killAtMs;
    clearTimeout(this.#killTimer);
    if (graceMs <= 0) {
      this.#kill();
      return;
    }
    this.#killTimer = setTimeout(() => this.#kill(), graceMs);
    this.#record(graceMs);
  }

  #kill(): void {
    this.#send(this.#signals.kill, () => {
      this.#killAtMs = Number.POSITIVE_INFINITY;
    });
  }

  /** Writes down when the kill comes, so that it also comes when the daemon has been replaced by then. */
  #record(graceMs: number): void {
    const { containers, clock } = this.#context;
    const killAtNanos = clock.nowNanos() + BigInt(Math.round(graceMs)) * 1_000_000n;
    containers.update(
      this.#id,
      (old) => (old.status.phase === "running" ? { ...old, status: { ...old.status, killAtNanos } } : old),
      untilReboot,
    );
  }

  /** Tells those who wait that it cannot be sent; the next caller has it sent again. */
  #send(signal: () => Promise<unknown>, forget: () => void): void {
    signal().catch((error: unknown) => {
      forget();
      this.#failure.reject(error as Error);
      this.#failure = whenRejected();
    });
  }
}

/** Whoever waits in `within` is told; without anyone the kill that follows is all there is to do. */
function whenRejected(): PromiseWithResolvers<never> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  return failure;
}

function signalsOf(context: PodContext, record: ContainerRecord, process: MonitoredProcess) {
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  const handle = handleOf(context, record, process);
  return {
    stop: () => runtime.kill(handle, record.stopSignal),
    kill: async () => {
      await runtime.kill(handle, sigkill);
      if (sharesPidNamespace(record)) await runtime.killAll(handle);
    },
  };
}
