import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { WatchDirectoryOptions } from "../types.ts";

/** Watches a directory through inotify, also across its removal and return. */
export function watchDirectory(path: string, options: WatchDirectoryOptions): { close(): void } {
  const watcher = new DirectoryWatch(path, options);
  watcher.start();
  return watcher;
}

/**
 * Invariants: while open, the kernel watches the directory itself or, when it
 * is missing, the nearest directory above it that exists; at most one timer runs.
 */
class DirectoryWatch {
  readonly #path: string;
  readonly #options: WatchDirectoryOptions;
  #watcher: FSWatcher | undefined;
  /** Directory that is watched now, and which one it was when that began. */
  #watched: { readonly path: string; readonly inode: bigint } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(path: string, options: WatchDirectoryOptions) {
    this.#path = path;
    this.#options = options;
  }

  start(): void {
    try {
      this.#watchNearest();
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  /** Watches the nearest existing directory. Looks again after that: it may have been made meanwhile. */
  #watchNearest(): void {
    for (
      let nearest = nearestDirectory(this.#path);
      !this.#isWatching(nearest);
      nearest = nearestDirectory(this.#path)
    ) {
      this.#watcher?.close();
      this.#watcher = undefined;
      this.#watched = nearest;
      try {
        this.#watcher = watch(nearest.path, { persistent: false }, (_event, name) => this.#changed(name));
        this.#watcher.on("error", (error) => this.#fail(error));
      } catch (error) {
        // Gone between the look and the watch.
        if (!isErrno(error, "ENOENT")) throw error;
        this.#watched = undefined;
      }
    }
  }

  #isWatching(nearest: { readonly path: string; readonly inode: bigint }): boolean {
    return this.#watched?.path === nearest.path && this.#watched.inode === nearest.inode;
  }

  #changed(name: string | null): void {
    if (this.#isClosed) return;
    const wasThere = this.#watched?.path === this.#path;
    // Its own name: it was removed or moved, and a new one may have come already, even with the same inode.
    if (this.#watched !== undefined && name === basename(this.#watched.path)) this.#watched = undefined;
    this.start();
    const isThere = this.#watched?.path === this.#path;
    // A change of a directory above says nothing, unless it brought ours.
    if (wasThere || isThere) this.#settle();
  }

  #settle(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.onChange();
    }, this.#options.settleMs);
  }

  #fail(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(hostFault(`watch ${this.#path}`, error));
  }
}

function nearestDirectory(path: string): { readonly path: string; readonly inode: bigint } {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() ? { path, inode: stat.ino } : nearestDirectory(dirname(path));
}
