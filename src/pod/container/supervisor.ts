import { setTimeout as pause } from "node:timers/promises";
import type { Clock, ContainerId, Logger } from "#foundation";
import type { ContainerExit, ContainerHandle, OciRuntime } from "#runtime";
import { killedExitCode } from "#spec";
import type { RecordTable } from "#store";
import type { ContainerRecord, ExitedStatus } from "../records.ts";
import { describeLostLog } from "./log-states.ts";
import type { OomLedger } from "./oom-ledger.ts";
import { sharesPidNamespace } from "./phases.ts";

/** Until an end that could not be written down is written again. */
const writeAgainMs = 500;

export interface SupervisorDeps {
  readonly containers: RecordTable<ContainerRecord>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives back what an ended container does not need any more; the exit is visible before. */
  readonly release: (record: ContainerRecord) => Promise<void>;
  /** Where cgroups go with their last process. */
  readonly ooms: OomLedger | undefined;
}

/**
 * Waits for containers to end and writes down how.
 *
 * Invariants: a container is watched at most once; its record says `exited`
 * before anyone who waits for its end goes on.
 */
export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #ends = new Map<ContainerId, Promise<void>>();
  readonly #releases = new Map<ContainerId, Promise<boolean>>();
  readonly #abort = new AbortController();

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
  }

  /** Begins to wait for a running container's end. */
  watch(id: ContainerId, runtime: OciRuntime, handle: ContainerHandle): void {
    if (this.#ends.has(id)) return;
    this.#deps.ooms?.began(handle.cgroupPath);
    const end = this.#follow(id, runtime, handle)
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) {
          this.#deps.logger.error("cannot follow a container", { containerId: id, error });
        }
      })
      .finally(() => this.#ends.delete(id));
    this.#ends.set(id, end);
  }

  /** Resolves when the container's record says that it ended; at once when it is not watched. */
  async ended(id: ContainerId): Promise<void> {
    await this.#ends.get(id);
  }

  /** Whether what the ended container held was given back; waits for the answer. False when nobody knows. */
  async wasReleased(id: ContainerId): Promise<boolean> {
    return (await this.#releases.get(id)) ?? false;
  }

  /** Forgets a container that was removed. */
  forget(id: ContainerId): void {
    this.#releases.delete(id);
  }

  /** Stops waiting; the containers run on. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([...this.#ends.values(), ...this.#releases.values()]);
  }

  async #follow(id: ContainerId, runtime: OciRuntime, handle: ContainerHandle): Promise<void> {
    const exit = this.#withOomKill(await runtime.observeExit(handle, { signal: this.#abort.signal }), handle);
    await this.#endRest(exit, runtime, handle);
    const record = await this.#writeDown(id, exit);
    this.#logEnd(record);
    this.#release(record);
  }

  /** The runtime can have come too late to see what killed the container. */
  #withOomKill(exit: ContainerExit, { cgroupPath }: ContainerHandle): ContainerExit {
    const hadKill = this.#deps.ooms?.ended(cgroupPath) ?? false;
    return hadKill && exit.kind === "exited" && exit.exitCode === killedExitCode
      ? { ...exit, wasOomKilled: true }
      : exit;
  }

  /** An exit is told once: what cannot be written now, on a full disk, is written as soon as it can be. */
  async #writeDown(id: ContainerId, exit: ContainerExit): Promise<ContainerRecord> {
    const { containers, clock, logger } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      try {
        return containers.update(id, (old) => ({ ...old, status: statusOfExit(exit, old, clock) }));
      } catch (error) {
        if (containers.find(id) === undefined) throw error;
        if (tries === 1) logger.error("cannot write down the end of a container yet", { containerId: id, error });
        await pause(writeAgainMs, undefined, { signal: this.#abort.signal });
      }
    }
  }

  /** Ends what can outlive the first process or the monitor; that it cannot be ended must not hide the exit. */
  async #endRest(exit: ContainerExit, runtime: OciRuntime, handle: ContainerHandle): Promise<void> {
    const record = this.#deps.containers.find(handle.id);
    const hasRest = exit.kind === "monitor-lost" ? exit.isRunning : record !== undefined && sharesPidNamespace(record);
    if (!hasRest) return;
    try {
      await runtime.killAll(handle);
    } catch (error) {
      this.#deps.logger.error("cannot kill the rest of a container", { containerId: handle.id, error });
    }
  }

  #release(record: ContainerRecord): void {
    const release = this.#deps.release(record).then(
      () => true,
      (error: unknown) => {
        // Not lost: RemoveContainer does all of it again.
        this.#deps.logger.warn("cannot release an ended container", { containerId: record.id, error });
        return false;
      },
    );
    this.#releases.set(record.id, release);
  }

  #logEnd({ id, sandboxId, config, status }: ContainerRecord): void {
    if (status.phase !== "exited") return;
    const { exitCode, reason } = status;
    this.#deps.logger.info("container ended", {
      containerId: id,
      sandboxId,
      name: config.metadata.name,
      exitCode,
      reason,
    });
  }
}

/** A container whose monitor died is told as killed: nobody can know its code. */
const monitorLost = {
  exitCode: killedExitCode,
  reason: "MonitorLost",
  message: "the container's monitor died before it could tell the exit code; the container was killed",
};

function statusOfExit(exit: ContainerExit, { status }: ContainerRecord, clock: Clock): ExitedStatus {
  const startedAtNanos = status.phase === "running" ? status.startedAtNanos : 0n;
  if (exit.kind === "monitor-lost") {
    return { phase: "exited", startedAtNanos, finishedAtNanos: clock.nowNanos(), ...(exit.told ?? monitorLost) };
  }
  return {
    phase: "exited",
    startedAtNanos,
    // Files are dated by a coarser clock than ours: an end must not come before its start.
    finishedAtNanos: exit.finishedAtNanos > startedAtNanos ? exit.finishedAtNanos : startedAtNanos,
    exitCode: exit.exitCode,
    reason: reasonOfExit(exit),
    // People who look at the container are to know that its log is not all that it said.
    message: describeLostLog(exit.lostLogBytes ?? 0),
  };
}

function reasonOfExit({ exitCode, wasOomKilled }: { exitCode: number; wasOomKilled: boolean }): string {
  if (wasOomKilled) return "OOMKilled";
  return exitCode === 0 ? "Completed" : "Error";
}
