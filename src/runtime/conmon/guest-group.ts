import { isFault, messageOf } from "#foundation";
import type { ExitStatus } from "#host";
import { killedExitCode } from "#spec";
import { endsWithin } from "../process-life.ts";
import type { ContainerHandle } from "../types.ts";
import { type Guest, killGuestTree, parseGuestProcesses } from "./guest-tree.ts";
import { killChild } from "./kill-child.ts";
import type { ConmonContext } from "./options.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";
import { isInitAlive } from "./signal-container.ts";

const maxPidBytes = 32;
/** In which the processes of a command have to be reached. */
const killTimeoutMs = 30_000;
/** Exit code of who waits for a command and does not learn how it ended. */
const unsaidCode = 128;
/** Time in which a container is gone whose kernel has gone. */
const dyingMs = 2_000;

/**
 * All that a command starts in a container with a kernel of its own (gVisor).
 *
 * None of it is a process of the machine: here, only somebody waits for the command, outside of the container's cgroup. It
 * goes by the runtime's list and the runtime's kill, which take the numbers of that kernel.
 */
export class GuestGroup {
  readonly args: readonly string[];
  readonly #context: ConmonContext;
  readonly #container: ContainerHandle;
  readonly #pidFile: string;

  /** @param pidFile where the runtime writes the command's number before its start has succeeded */
  constructor(context: ConmonContext, container: ContainerHandle, pidFile: string) {
    this.args = ["--internal-pid-file", pidFile];
    this.#context = context;
    this.#container = container;
    this.#pidFile = pidFile;
  }

  async kill(pid: number): Promise<void> {
    try {
      const root = this.#findRoot();
      if (root !== undefined) await killGuestTree(guestOf(this.#context, this.#container), root);
    } catch (error) {
      // Where the container has ended, so has its kernel.
      if (isInitAlive(this.#context, this.#container)) throw error;
    } finally {
      killChild(this.#context.host, pid);
    }
  }

  /** Who waits on the machine sees the kernel go with its container, and cannot say how the command ended: it was killed. */
  async readEnd(seen: ExitStatus): Promise<ExitStatus> {
    const isUnsaid = seen.exitCode === unsaidCode;
    return isUnsaid && (await endsWithin(this.#context.host, this.#container.init, dyingMs))
      ? { exitCode: killedExitCode }
      : seen;
  }

  async dissolve(): Promise<void> {
    try {
      await this.#context.host.files.remove(this.#pidFile);
    } catch (error) {
      const facts = { path: this.#pidFile, error: messageOf(error) };
      this.#context.logger.warn("the file of a command's number in its container was not removed", facts);
    }
  }

  /** Undefined for a command that was not started. */
  #findRoot(): number | undefined {
    try {
      return Number(this.#context.host.files.readRecent(this.#pidFile, { maxBytes: maxPidBytes }));
    } catch (error) {
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  }
}

/** The processes of a container with a kernel of its own, as its runtime's commands reach them. */
export function guestOf(
  context: ConmonContext,
  { id }: ContainerHandle,
  signal: AbortSignal = AbortSignal.timeout(killTimeoutMs),
): Guest {
  return {
    list: async () => {
      const result = await runRuntime(context, ["ps", id], { signal });
      assertSucceeded(`list the processes of ${id}`, result);
      return parseGuestProcesses(result.stdout.toString("utf8"));
    },
    signal: async (pid, number) => {
      const { exitCode } = await runRuntime(context, ["kill", `--pid=${pid}`, id, String(number)], { signal });
      return exitCode === 0;
    },
  };
}
