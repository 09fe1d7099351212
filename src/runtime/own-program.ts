import { dirname, join } from "node:path";
import type { Host } from "#host";

export interface ProgramOptions {
  /** Names of directories that are to be beside it before it is there. */
  readonly neighbours?: readonly string[];
}

/**
 * Sees to it that a program of crisp's own is in its file; answers with the path.
 *
 * It is written beside and renamed: those that run keep theirs.
 */
export async function ensureProgram(
  { files, processes }: Pick<Host, "files" | "processes">,
  path: string,
  program: Uint8Array | string,
  { neighbours = [] }: ProgramOptions = {},
): Promise<string> {
  const isThere = (await files.stat(path)) !== undefined && (await files.read(path)).equals(Buffer.from(program));
  if (isThere) return path;
  const directory = dirname(path);
  for (const made of [directory, ...neighbours.map((name) => join(directory, name))]) {
    await files.makeDirectory(made, { mode: 0o755 });
  }
  await files.writeAtomic(path, program, { mode: 0o555 });
  await processes.untilExecuted();
  return path;
}

/** A word of a shell script, whatever is in it. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
