import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { isFault, Joinable, messageOf, settlesWithin } from "#foundation";
import type { EndState, ShimState } from "#spec";
import type { ContainerExit, ContainerRef } from "../types.ts";
import { isConnectionLost } from "./faults.ts";
import { keepLog, stopKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { type ShimExit, serviceOf } from "./services.ts";
import { readEndState, readShimState, shimFiles, writeState } from "./shim-files.ts";
import { runShimDelete } from "./shim-program.ts";
import { deleteTask, isShimDying, type ShimTask } from "./task.ts";

/** Exit code of a container whose shim took the real one with it. */
const lostExitCode = 255;
/** Time in which what a shim said before its end arrives. */
const lastWordsMs = 2_000;
/** Most connections to a shim that ends each of them and lives on. */
const maxConnections = 5;
const sigkill = 9;

/** A container that is followed; where its cgroup is known, so is what the kernel killed in it. */
export interface Followed extends ContainerRef {
  readonly cgroupPath?: string;
}

/** What becomes of waiting for an end. */
type Answer = ShimExit | "shim lost" | "unknown";

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
    if (answer === "shim lost") return await this.#bury(task);
    if (answer === "unknown") return lost("the shim does not know it any more");
    const end = await this.#endOf(task, answer);
    // A shim that is told to forget a container passes on what it wrote for some seconds only.
    await this.#context.logs.flowing({ bundleDirectory: shimFiles(task.bundleDirectory).keeperDirectory });
    await deleteTask(this.#context, task);
    return end;
  }

  /** A shim that is dead says nothing more, whoever holds its socket open. */
  async #wait(task: ShimTask): Promise<Answer> {
    const { host, shims } = this.#context;
    const watch = host.processes.watch(task.state.process);
    if (watch === undefined) return "shim lost";
    try {
      const asking = this.#ask(task);
      const settled = asking.then(noted, noted);
      await Promise.race([settled, watch.ended]);
      // What it said at last may be on its way.
      if (await settlesWithin(settled, lastWordsMs)) return await asking;
      shims.forget(task.state);
      return "shim lost";
    } finally {
      watch.close();
    }
  }

  async #ask({ id, state }: ShimTask): Promise<Answer> {
    const { shims } = this.#context;
    for (let connections = 0; connections < maxConnections; connections += 1) {
      try {
        const client = await shims.get(state);
        return await serviceOf(state).wait(client, id);
      } catch (error) {
        if (shims.isClosed) throw error;
        if (!isConnectionLost(error)) return unknownOr(error);
        if (await isShimDying(this.#context, state)) return "shim lost";
      }
    }
    this.#context.logger.error("shim ends its connections and is killed", { containerId: id, pid: state.process.pid });
    await killProcess(this.#context, state);
    return "shim lost";
  }

  /** Cleans up after a shim that died: what it ran must not run on, unseen. */
  async #bury(task: ShimTask): Promise<EndState> {
    const { host, logger } = this.#context;
    const why = "the shim ended before it could tell the exit code; the container was killed";
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

  async #endOf({ bundleDirectory, cgroupPath }: Followed, answer: ShimExit): Promise<EndState> {
    const { host } = this.#context;
    const hasMark = (await host.files.stat(shimFiles(bundleDirectory).oom)) !== undefined;
    const kills = cgroupPath === undefined ? 0n : (host.cgroups.detail(cgroupPath)?.memory.oomKills ?? 0n);
    return {
      exitCode: answer.exitStatus & 0xff,
      finishedAtNanos: nanosOf(answer.exitedAt),
      wasOomKilled: hasMark || kills > 0n,
    };
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

/** Ends a shim itself. */
export async function killProcess(
  { host }: Pick<ShimContext, "host">,
  { process }: Pick<ShimState, "process">,
): Promise<void> {
  const watch = host.processes.watch(process);
  if (watch === undefined) return;
  try {
    watch.kill(sigkill);
    await watch.ended;
  } finally {
    watch.close();
  }
}

/** A shim that answers, and does not know the container. */
function unknownOr(error: unknown): "unknown" {
  if (isFault(error, "not-found")) return "unknown";
  throw error;
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
