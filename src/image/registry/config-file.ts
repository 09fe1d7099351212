import { Fault, isFault } from "#foundation";
import type { Host } from "#host";
import { maxTomlLength } from "#spec";

/** The text of a configuration file; undefined when there is none. */
export async function readTextIfPresent(
  path: string,
  files: Pick<Host["files"], "readText">,
): Promise<string | undefined> {
  try {
    return await files.readText(path, { maxBytes: maxTomlLength });
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}

/** Reads something out of a file's text; what is wrong with it is said with the file's name. */
export function within<T>(path: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw Fault.within(`read ${path}`, error);
  }
}
