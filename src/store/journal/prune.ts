import type { Database } from "../database.ts";
import type { JournalLimits } from "./types.ts";

/** Acts and events that one step of pruning takes: a few milliseconds of work. */
const batch = 64;
/** What is pruned for its size goes a little further, so that it is not pruned again at once. */
const slack = 0.9;

/**
 * Brings the journal inside its bounds, the oldest first: acts with all their
 * parts, and events with what is kept for them. Between two steps the event
 * loop goes on; each yield is a consistent journal.
 *
 * An act that still runs, or of which a part does, stays whatever its age.
 */
export function* prune(database: Database, limits: JournalLimits, nowNanos: bigint): Generator<void> {
  const before = nowNanos - BigInt(limits.maxAgeMs) * 1_000_000n;
  while (dropOldest(database, before) > 0) yield;
  if (isTooLarge(database, limits)) {
    while (usedBytes(database) > limits.maxBytes * slack && dropOldest(database, nowNanos) > 0) yield;
  }
  dropUnneeded(database);
  while (sizeOf(database).fileBytes > limits.maxBytes && shrink(database)) yield;
}

/** Gives pages that hold nothing back to the file system; false when there are none. */
function shrink(database: Database): boolean {
  const before = sizeOf(database).fileBytes;
  database.attempt("shrink the journal", () => database.prepare("PRAGMA incremental_vacuum(256)").all());
  return sizeOf(database).fileBytes < before;
}

/** Whether what the journal holds takes more than it may. */
export function isTooLarge(database: Database, { maxBytes }: Pick<JournalLimits, "maxBytes">): boolean {
  return usedBytes(database) > maxBytes;
}

/** Bytes of the file that hold something. */
export function usedBytes(database: Database): number {
  const { fileBytes, freeBytes } = sizeOf(database);
  return fileBytes - freeBytes;
}

function sizeOf(database: Database): { readonly fileBytes: number; readonly freeBytes: number } {
  const read = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  return database.attempt("measure the journal", () => {
    const pageBytes = read("page_size");
    return { fileBytes: read("page_count") * pageBytes, freeBytes: read("freelist_count") * pageBytes };
  });
}

function dropOldest(database: Database, before: bigint): number {
  return database.transaction(() =>
    database.attempt("prune the journal", () => {
      const oldest = `SELECT sequence FROM step WHERE parent = 0 AND started < ?
        AND sequence NOT IN (SELECT root FROM step WHERE outcome = 'running') ORDER BY started LIMIT ${batch}`;
      const steps = database.prepare(`DELETE FROM step WHERE root IN (${oldest})`).run(before);
      const event = `SELECT sequence FROM event WHERE at < ? ORDER BY at LIMIT ${batch}`;
      const events = database.prepare(`DELETE FROM event WHERE sequence IN (${event})`).run(before);
      return Number(steps.changes) + Number(events.changes);
    }),
  );
}

function dropUnneeded(database: Database): void {
  database.transaction(() =>
    database.attempt("prune the journal", () => {
      database.prepare("DELETE FROM object WHERE NOT EXISTS (SELECT 1 FROM step WHERE object = id)").run();
      database.prepare("DELETE FROM kept WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.owner = kept.owner)").run();
    }),
  );
}
