import { closeSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename } from "node:path";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";

/** Copies a program into a sealed file in memory; see `Processes.keepInMemory`. */
export async function copyToMemory(native: Native, program: string): Promise<string> {
  try {
    const fd = native.memoryFile(basename(program));
    try {
      await copyFile(program, `/proc/self/fd/${fd}`);
      native.seal(fd);
      return `/proc/${process.pid}/fd/${fd}`;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } catch (error) {
    throw hostFault(`copy ${program} into memory`, error);
  }
}
