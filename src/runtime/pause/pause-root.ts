import { join } from "node:path";
import type { Host } from "#host";
import { ensureProgram } from "../own-program.ts";
import { buildPauseProgram } from "./program.ts";

/** The program within a directory that `ensurePauseRoot` has made. */
const programName = "pause";

/**
 * Makes a root file system with the pause program in it, and nothing else; answers with the program's path.
 *
 * All pods share it. It must not be on a file system that lets no program run (noexec), as `/run` is on many machines:
 * what is mounted from there lets none run either.
 */
export async function ensurePauseRoot(
  host: Pick<Host, "files" | "processes" | "machine">,
  directory: string,
): Promise<string> {
  const program = buildPauseProgram(host.machine.architecture);
  return await ensureProgram(host, join(directory, programName), program, { neighbours: ["proc", "dev"] });
}
