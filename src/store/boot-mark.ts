import type { RecordTable } from "./types.ts";

/** A record about files that may not be on the disk yet. */
export interface BootMarked {
  /** The boot in which the files were written; absent once they are surely on the disk. */
  readonly boot?: string;
}

/**
 * Removes the records whose files a reboot may have damaged; returns their ids.
 *
 * Written files reach the disk late. Flushing each pull would slow it down, so
 * what was not yet flushed is trusted within the same boot only.
 */
export function forgetUnflushed<T extends BootMarked>(table: RecordTable<T>, bootId: string): readonly string[] {
  const lost = [...table.all()].filter(([, { boot }]) => boot !== undefined && boot !== bootId).map(([id]) => id);
  for (const id of lost) table.remove(id);
  return lost;
}

/** Ids of the records whose files may not be on the disk yet. */
export function unflushed<T extends BootMarked>(table: RecordTable<T>): readonly string[] {
  return [...table.all()].filter(([, { boot }]) => boot !== undefined).map(([id]) => id);
}

/** Notes that the files of these records are on the disk; records that are gone are left out. */
export function markFlushed<T extends BootMarked>(table: RecordTable<T>, ids: readonly string[]): void {
  for (const id of ids) {
    if (table.find(id) === undefined) continue;
    table.update(id, (old) => {
      const { boot: _, ...rest } = old;
      return rest as T;
    });
  }
}
