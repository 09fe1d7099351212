import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { hostFault } from "../faults.ts";
import type { FileAccess, OpenFile } from "../types.ts";

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const flagsOf: Readonly<Record<FileAccess, number>> = {
  read: O_RDONLY,
  append: O_WRONLY | O_APPEND | O_CREAT,
  update: O_RDWR,
};
const defaultMode = 0o644;

/** Opens a file for a child; ours is closed in every other. */
export async function openForChild(path: string, access: FileAccess, mode: number = defaultMode): Promise<OpenFile> {
  try {
    const file = await open(path, flagsOf[access], mode);
    return { fd: file.fd, close: () => file.close() };
  } catch (error) {
    throw hostFault(`open ${path}`, error);
  }
}
