import { messageOf } from "#foundation";
import { PartGroup } from "../conmon/exec-group.ts";
import type { ContainerHandle } from "../types.ts";
import type { ShimContext } from "./options.ts";
import { partNote } from "./runtime-launcher.ts";

/** A part of a container's cgroup that one command is in. */
export interface ExecPart {
  /** The launcher has run, or will not: what it was told by is removed. Never rejects. */
  taken(): Promise<void>;
  /** Ends the command and all that it started. */
  kill(): Promise<void>;
  /** Takes the part away; what the command left running goes on as the container's. Never rejects. */
  dissolve(): Promise<void>;
}

/**
 * Prepares a part of a container's cgroup for one command, and tells the launcher beneath the shim of it.
 *
 * Undefined where there can be none. A container that was made without a launcher leaves the part empty.
 */
export async function openExecPart(
  context: ShimContext,
  container: ContainerHandle,
  execId: string,
): Promise<ExecPart | undefined> {
  const { host, launcher, logger } = context;
  if (container.cgroupPath === "/" || (await launcher.path()) === undefined) return undefined;
  const part = await host.cgroups.part(container.cgroupPath, execId);
  if (part === undefined) return undefined;
  const group = new PartGroup(context, container, part);
  const note = partNote(container.bundleDirectory, execId);
  const taken = async (): Promise<void> => {
    await host.files.remove(note).catch((error: unknown) => {
      // The bundle takes it along.
      logger.warn("a command's note was not removed", { path: note, error: messageOf(error) });
    });
  };
  try {
    await host.files.write(note, `${part.selector}\n`, { mode: 0o600 });
  } catch (error) {
    await Promise.all([taken(), group.dissolve()]);
    throw error;
  }
  return { taken, kill: () => group.kill(), dissolve: () => group.dissolve() };
}
