import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { isFault, Joinable, messageOf, settlesWithin } from "#foundation";
import { type EndState, killedExitCode } from "#spec";
import { killProcess } from "../process-life.ts";
import type { ContainerExit, ContainerRef } from "../types.ts";
import { isConnectionLost, isRefusal } from "./faults.ts";
import { keepLog, stopKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { type ShimExit, serviceOf } from "./services.ts";
import { readEndState, readShimState, shimFiles, writeState } from "./shim-files.ts";
import { runShimDelete } from "./shim-program.ts";
import { deleteTask, impatient, isShimDying, type ShimTask } from "./task.ts";

/** Exit code of a container whose shim took the real one with it. */
const lostExitCode = 255;
/** Time in which what a shim said before its end arrives. */
const lastWordsMs = 2_000;
/** Most questions to a shim that lives and does not say when something ends. */
const maxQuestions = 5;

/** A container that is followed; where its cgroup is known, so is what the kernel killed in it. */
export interface Followed extends ContainerRef {
  readonly cgroupPath?: string;
}

/** What becomes of waiting for an end. */
type Answer = ShimExit | Lost | "unknown";

/** Nobody will ever say. */
interface Lost {
  readonly lost: string;
}

const shimLost: Lost = { lost: "the shim ended before it could tell the exit code; the container was killed" };

/**
 * Follows containers to their ends.
 *
 * Invariants: an end is written down once, after the log is whole and before anyone is told; whoever asks later gets the
 * same answer, also of another daemon.
 */
export class Exits {
  readonly #context: ShimContext;
  readonly #following = new Joinable<EndState>();

  constructor(context: ShimContext) {
    this.#context = context;
  }

  /** How the container ends; at once when it has ended. */
  async follow(container: Followed): Promise<EndState> {
    const known = await readEndState(this.#context.host, container.bundleDirectory);
    return known ?? (await this.#following.join(container.id, () => this.#follow(container)));
  }

  async #follow(container: Followed): Promise<EndState> {
    const context = this.#context;
    const state = await readShimState(context.host, container.bundleDirectory);
    const end = state === undefined ? lost("its shim is not known") : await this.#end({ ...container, state });
    await stopKeeper(context, container);
    const lostLogBytes = (await (await keepLog(context, container))?.whole()) ?? 0;
    const whole = lostLogBytes === 0 ? end : { ...end, lostLogBytes };
    await writeState(context.host, shimFiles(container.bundleDirectory).end, whole);
    return whole;
  }

  async #end(task: ShimTask & Followed): Promise<EndState> {
    const answer = await this.#wait(task);
    if (answer === "unknown") return lost("the shim does not know it any more");
    if ("lost" in answer) return await this.#bury(task, answer);
    const end = await this.#endOf(task, answer);
    // A shim that is told to forget a container passes on what it wrote for some seconds only.
    await this.#context.logs.flowing({ bundleDirectory: shimFiles(task.bundleDirectory).keeperDirectory });
    return (await this.#isForgotten(task)) ? end : { ...end, isKept: true };
  }

  /** That its shim cannot clean up must not hide an end that it told. */
  async #isForgotten(task: ShimTask): Promise<boolean> {
    const { logger, shims } = this.#context;
    try {
      await deleteTask(impatient(this.#context), task);
      return true;
    } catch (error) {
      if (shims.isClosed || !isRefusal(error)) throw error;
      logger.warn("shim does not forget a container that has ended", { containerId: task.id, error: messageOf(error) });
      return false;
    }
  }

  /** A shim that is dead says nothing more, whoever holds its socket open. */
  async #wait(task: ShimTask): Promise<Answer> {
    const { host, shims } = this.#context;
    const watch = host.processes.watch(task.state.process);
    if (watch === undefined) return shimLost;
    try {
      const asking = this.#ask(task);
      const settled = asking.then(noted, noted);
      await Promise.race([settled, watch.ended]);
      // What it said at last may be on its way.
      if (await settlesWithin(settled, lastWordsMs)) return await asking;
      shims.forget(task.state);
      return shimLost;
    } finally {
      watch.close();
    }
  }

  /** Nobody else says when it ends: a shim that cannot does not stay. */
  async #ask({ id, state }: ShimTask): Promise<Answer> {
    const { logger, shims } = this.#context;
    let problem = "";
    for (let questions = 0; questions < maxQuestions; questions += 1) {
      try {
        const client = await shims.get(state);
        return await serviceOf(state).wait(client, id);
      } catch (error) {
        if (shims.isClosed || !isRefusal(error)) throw error;
        if (isConnectionLost(error) && (await isShimDying(this.#context, state))) return shimLost;
        if (!isConnectionLost(error) && isFault(error, "not-found")) return "unknown";
        problem = messageOf(error);
      }
    }
    logger.error("shim does not say when a container ends, and is killed", { containerId: id, error: problem });
    await killProcess(this.#context.host, state.process);
    return { lost: `the shim could not say when it ends, and was killed: ${problem}` };
  }

  /** Cleans up after a shim that died: what it ran must not run on, unseen. */
  async #bury(task: ShimTask, { lost: why }: Lost): Promise<EndState> {
    const { host, logger } = this.#context;
    try {
      await runShimDelete(this.#context, task);
    } catch (error) {
      logger.error("cannot clean up after a shim", { containerId: task.id, error });
      return lost(`${why}: ${messageOf(error)}`);
    } finally {
      if (task.state.isOwner) await host.files.remove(task.state.socketPath);
    }
    return lost(why);
  }

  async #endOf(container: ShimTask & Followed, answer: ShimExit): Promise<EndState> {
    const exitCode = answer.exitStatus & 0xff;
    const finishedAtNanos = nanosOf(answer.exitedAt);
    return {
      exitCode,
      finishedAtNanos,
      wasOomKilled: await this.#wasOomKilled(container, { exitCode, finishedAtNanos }),
    };
  }

  /** Where the cgroup is this machine's, it tells; and else the shim alone, which may have found nobody to tell it to. */
  async #wasOomKilled(
    container: ShimTask & Followed,
    { exitCode, finishedAtNanos }: Pick<EndState, "exitCode" | "finishedAtNanos">,
  ): Promise<boolean> {
    const { events, host } = this.#context;
    if (await events.hasToldOom(container)) return true;
    const { cgroupPath } = container;
    const kills = cgroupPath === undefined ? 0n : host.cgroups.detail(cgroupPath)?.memory.oomKills;
    if (kills !== undefined) return kills > 0n;
    if (container.state.kind === "sandbox") return false;
    // The kernel ends with SIGKILL where memory is out.
    return exitCode === killedExitCode && (await events.willTellOom(container, Number(finishedAtNanos / 1_000_000n)));
  }
}

function noted(): void {
  // How it went is asked for afterwards.
}

/** What an observer is told. */
export function exitOf({ lost: message, exitCode, ...end }: EndState): ContainerExit {
  if (message === undefined) return { kind: "exited", exitCode, ...end };
  return { kind: "monitor-lost", isRunning: false, told: { exitCode, reason: "ShimLost", message } };
}

function lost(why: string): EndState {
  return { exitCode: lostExitCode, finishedAtNanos: nowNanos(), wasOomKilled: false, lost: why };
}

function nanosOf(timestamp: ShimExit["exitedAt"]): bigint {
  if (timestamp === undefined || timestampMs(timestamp) <= 0) return nowNanos();
  return BigInt(Math.floor(timestampDate(timestamp).getTime() / 1_000)) * 1_000_000_000n + BigInt(timestamp.nanos);
}

function nowNanos(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
