import { join } from "node:path";
import type { Host } from "#host";
import { buildPauseProgram } from "./program.ts";

/** The program within a directory that `ensurePauseRoot` has made. */
const programName = "pause";

/**
 * Makes a root file system with the pause program in it, and nothing else; answers with the program's path.
 *
 * All pods share it. It must not be on a file system that lets no program run (noexec), as `/run` is on many machines:
 * what is mounted from there lets none run either. A program that runs is never written over.
 */
export async function ensurePauseRoot(
  { files, machine }: Pick<Host, "files" | "machine">,
  directory: string,
): Promise<string> {
  const path = join(directory, programName);
  const program = buildPauseProgram(machine.architecture);
  if ((await files.stat(path))?.sizeBytes === program.length) return path;
  for (const name of ["proc", "dev"]) await files.makeDirectory(join(directory, name), { mode: 0o755 });
  await files.writeAtomic(path, program, { mode: 0o555 });
  return path;
}
