import { isFault } from "#foundation";
import type { Host } from "#host";
import { noCriu } from "./faults.ts";

/**
 * The program that runtimes have their checkpoints written by: they find it in the same PATH.
 *
 * @throws Fault `unavailable` without it
 */
export function assertCriu({ processes }: Pick<Host, "processes">, act: string): void {
  try {
    processes.locate("criu");
  } catch (error) {
    throw noCriu(act, error);
  }
}

/** As many as say what went wrong; those that follow are its consequences. */
const toldErrors = 3;

/**
 * What CRIU's own log says went wrong; runtimes only name the file.
 *
 * @see https://criu.org/Logging
 */
export async function readDumpErrors({ files }: Pick<Host, "files">, path: string): Promise<readonly string[]> {
  try {
    return errorsOf(await files.readText(path));
  } catch (error) {
    // There is none when CRIU did not come that far; one that is too long to be read has told enough.
    if (isFault(error, "not-found") || isFault(error, "exhausted")) return [];
    throw error;
  }
}

/** Lines such as "(00.07) Error (criu/tty.c:1): tty: no peer", without their time and place. */
export function errorsOf(log: string): readonly string[] {
  const lines = [...log.matchAll(/^(?:\([\d.]+\)\s*)?Error \([^)]*\): (.+)$/gm)].map(([, words = ""]) => words.trim());
  return [...new Set(lines)].slice(0, toldErrors);
}
