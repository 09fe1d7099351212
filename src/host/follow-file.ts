import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { hostFault } from "./faults.ts";

export interface FollowFileOptions {
  /** Begins with the last lines only. @default the whole file */
  readonly lastLines?: number;
  /** Asked at each end of the file: more may come while it says true. @default never: reading stops at the end */
  readonly isGrowing?: () => Promise<boolean>;
  /** Stops following, without an error. */
  readonly signal?: AbortSignal;
}

const blockBytes = 64 * 1024;

/** How long an end of the file is believed without asking again: the writer may end without a last write. */
const recheckMs = 1_000;

const newline = 0x0a;

/**
 * Reads a file that another process may still write, in blocks as they come.
 *
 * A rotation (the file is renamed and a new one made under its name) is
 * followed: the old file is read to its end, then the new one from its start.
 * A file that is cut short is read from its start again.
 *
 * @throws Fault `not-found`, `denied` when the file cannot be opened
 */
export async function* followFile(path: string, options: FollowFileOptions = {}): AsyncGenerator<Buffer> {
  const { isGrowing, signal } = options;
  let file = await openFile(path);
  const changes = isGrowing === undefined ? undefined : new ChangeWatch(path);
  try {
    if (options.lastLines !== undefined) file.position = await offsetOfLastLines(file.handle, options.lastLines);
    for (;;) {
      // Asked before the read: what the writer wrote last is then surely in what is read.
      const mayGrow = isGrowing !== undefined && (await isGrowing());
      const isReplaced = isGrowing !== undefined && (await hasSuccessor(path, file));
      yield* readToEnd(file, signal);
      if (signal?.aborted === true) return;
      if (isReplaced) {
        await file.handle.close();
        file = await openFile(path);
      } else if (!mayGrow) return;
      else await changes?.next(signal);
    }
  } finally {
    changes?.close();
    await file.handle.close();
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
  position: number;
}

async function openFile(path: string): Promise<OpenFile> {
  try {
    const handle = await open(path, "r");
    const { ino } = await handle.stat({ bigint: true });
    return { handle, inode: ino, position: 0 };
  } catch (error) {
    throw hostFault(`open ${path}`, error);
  }
}

/** Whether another file has taken over the name. Between the rename and the new file there is none yet. */
function hasSuccessor(path: string, { inode }: OpenFile): Promise<boolean> {
  return stat(path, { bigint: true }).then(
    (found) => found.ino !== inode,
    () => false,
  );
}

async function* readToEnd(file: OpenFile, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const { size } = await file.handle.stat();
  if (size < file.position) file.position = 0;
  while (signal?.aborted !== true) {
    const block = Buffer.allocUnsafe(blockBytes);
    const { bytesRead } = await file.handle.read(block, 0, blockBytes, file.position);
    if (bytesRead === 0) return;
    file.position += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

/** Where the last `count` lines begin; a newline at the very end ends the last line and begins none. */
async function offsetOfLastLines(handle: FileHandle, count: number): Promise<number> {
  const { size } = await handle.stat();
  if (count <= 0) return size;
  let missing = count;
  const block = Buffer.allocUnsafe(blockBytes);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    for (let at = block.lastIndexOf(newline, bytesRead - 1); at >= 0; at = lastNewlineBefore(block, at)) {
      if (start + at === size - 1) continue;
      missing -= 1;
      if (missing === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

function lastNewlineBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(newline, at - 1);
}

/** Waits for a change of one file, by the events of its directory, which outlive a rotation. */
class ChangeWatch {
  readonly #watcher: FSWatcher | undefined;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(path: string) {
    const name = basename(path);
    this.#watcher = openWatcher(dirname(path), (changed) => {
      if (changed === null || changed === name) this.#notice();
    });
  }

  /** Resolves at a change since the last call, after a second at the latest, or when the signal aborts. */
  async next(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#hasChanged && signal?.aborted !== true) await this.#change(signal);
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher?.close();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(finish, recheckMs);
      signal?.addEventListener("abort", finish, { once: true });
      this.#wake = finish;
    });
  }

  #notice(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }
}

/** Undefined when the system has no watch left to give: then the regular check alone finds changes. */
function openWatcher(directory: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, (_event, name) => onChange(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
