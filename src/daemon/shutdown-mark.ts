import { join } from "node:path";
import type { Files } from "#host";

/** A file that is there only between an orderly stop and the next start. */
export interface ShutdownMark {
  /** Whether the daemon before this one stopped in order, or there was none. */
  readonly wasClean: boolean;
  /** Leaves the mark for the next start. */
  leave(): Promise<void>;
}

/** Looks for the mark in the root directory and takes it away: from now on, ending is a crash. */
export async function takeShutdownMark(files: Files, root: string): Promise<ShutdownMark> {
  const path = join(root, "clean-shutdown");
  const isFirstStart = (await files.list(root)).every((name) => name === "lock");
  const wasClean = isFirstStart || (await files.stat(path)) !== undefined;
  await files.remove(path);
  return { wasClean, leave: () => files.writeAtomic(path, "", { mode: 0o600 }) };
}
