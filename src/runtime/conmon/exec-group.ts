import { join } from "node:path";
import { messageOf } from "#foundation";
import type { CgroupPart, ExitStatus } from "#host";
import type { ContainerHandle } from "../types.ts";
import { killExecTree } from "./exec-tree.ts";
import { GuestGroup } from "./guest-group.ts";
import { killChild } from "./kill-child.ts";
import type { ConmonContext } from "./options.ts";
import { isRuncLike } from "./runtime-options.ts";

/** How all that a command starts is found again when it has to end. */
export interface ExecGroup {
  /** What the runtime's `exec` is told for it. */
  readonly args: readonly string[];
  /** Ends the command and all that it started; those that die may still be dying. */
  kill(pid: number): Promise<void>;
  /** How the command ended, where the end of its process on the machine does not say so. */
  readEnd?(seen: ExitStatus): Promise<ExitStatus>;
  /** Takes back what the group itself holds; what the command left running goes on as the container's. Never rejects. */
  dissolve(): Promise<void>;
}

/**
 * Prepares a group for one command: a part of the container's cgroup, which no process can leave; or, where the runtime
 * or the machine has no such thing, the tree of processes, which one that starts a session and loses its parent leaves.
 * The processes of a runtime with a kernel of its own are in that one's tree.
 */
export async function openExecGroup(
  context: ConmonContext,
  container: ContainerHandle,
  name: string,
): Promise<ExecGroup> {
  const { host, program, settings } = context;
  // runc and what takes its place are not asked: they have no kernel of their own.
  if (!isRuncLike(settings.runtimePath) && (await program.tellsGuestPid()))
    return new GuestGroup(context, container, join(container.bundleDirectory, `${name}.guest`));
  const part =
    container.cgroupPath !== "/" && (await program.dividesCgroups(host.cgroups.version))
      ? await host.cgroups.part(container.cgroupPath, name)
      : undefined;
  return part === undefined ? treeGroup(context, container) : new PartGroup(context, container, part);
}

function treeGroup({ host, settings }: ConmonContext, { cgroupPath }: ContainerHandle): ExecGroup {
  return {
    args: [],
    kill: async (pid) => {
      await killExecTree(host, { pid, relation: "itself" }, cgroupPath);
      // Of another kind of runtime there may be only somebody here who waits for the command, outside of the cgroup.
      if (!isRuncLike(settings.runtimePath)) killChild(host, pid);
    },
    dissolve: () => Promise.resolve(),
  };
}

/** All that a command starts, by a part of its container's cgroup. */
export class PartGroup implements ExecGroup {
  readonly args: readonly string[];
  readonly #context: Pick<ConmonContext, "logger">;
  readonly #container: ContainerHandle;
  readonly #part: CgroupPart;

  constructor(context: Pick<ConmonContext, "logger">, container: ContainerHandle, part: CgroupPart) {
    this.args = ["--cgroup", part.selector];
    this.#context = context;
    this.#container = container;
    this.#part = part;
  }

  async kill(): Promise<void> {
    await this.#part.kill();
  }

  async dissolve(): Promise<void> {
    try {
      await this.#part.dissolve();
    } catch (error) {
      // It goes with its container at the latest: runtimes remove all that is below a container's cgroup.
      const facts = { id: this.#container.id, error: messageOf(error) };
      this.#context.logger.warn("a command's part of its container's cgroup was not removed", facts);
    }
  }
}
