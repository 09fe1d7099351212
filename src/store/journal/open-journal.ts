import { type Clock, isFault, type Logger, messageOf, type Step, type StepEnd } from "#foundation";
import type { Host } from "#host";
import { Database } from "../database.ts";
import { setAside } from "../set-aside.ts";
import { DiskEventLog } from "./event-log.ts";
import { isTooLarge, prune } from "./prune.ts";
import { journalSchema } from "./schema.ts";
import { StepLog } from "./step-log.ts";
import type { Journal, JournalLimits, JournalObject, JournalStep } from "./types.ts";
import { WriteBehind } from "./write-behind.ts";

/** Time between two prunings; a journal that grows fast is pruned between. */
const prunePeriodMs = 10 * 60_000;
/** Steps after which the size is looked at: at their largest they take a part of a megabyte. */
const stepsBetweenLooks = 64;

export interface JournalOptions extends JournalLimits {
  /** The file; its directory exists. */
  readonly path: string;
}

export interface JournalDeps {
  readonly files: Pick<Host["files"], "stat" | "rename" | "remove">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the journal, and makes it when there is none. One that is damaged is set aside: it must not keep pods from running. */
export async function openJournal(options: JournalOptions, deps: JournalDeps): Promise<Journal> {
  const { files, logger } = deps;
  const isNew = (await files.stat(options.path)) === undefined;
  // What was closed in order has no log of changes beside it, and needs no look at every page.
  const wasCut = (await files.stat(`${options.path}-wal`)) !== undefined;
  try {
    return new DiskJournal(Database.open(options.path, journalSchema(wasCut)), isNew, { ...deps, limits: options });
  } catch (error) {
    if (!isFault(error, "broken")) throw error;
    const path = await setAside(files, options.path);
    logger.error("the journal is damaged: it is set aside and begun anew", { path, error: messageOf(error) });
    return new DiskJournal(Database.open(options.path, journalSchema(false)), true, { ...deps, limits: options });
  }
}

/** A journal without a file, for units that work with one. */
export function createMemoryJournal(deps: Pick<JournalDeps, "clock" | "logger">): Journal {
  const limits = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
  return new DiskJournal(Database.open(":memory:", journalSchema(false)), true, { ...deps, limits });
}

interface JournalParts extends Pick<JournalDeps, "clock" | "logger"> {
  readonly limits: JournalLimits;
}

class DiskJournal implements Journal {
  readonly isNew: boolean;
  readonly events: DiskEventLog;
  readonly #database: Database;
  readonly #writes: WriteBehind;
  readonly #steps: StepLog;
  readonly #deps: JournalParts;
  readonly #timer: NodeJS.Timeout;
  #sinceLook = 0;
  #pruning: NodeJS.Immediate | undefined;

  constructor(database: Database, isNew: boolean, deps: JournalParts) {
    this.isNew = isNew;
    this.#database = database;
    this.#deps = deps;
    this.#writes = new WriteBehind(database, deps.logger);
    this.#steps = new StepLog(database, this.#writes);
    this.events = new DiskEventLog(database, this.#writes);
    this.#timer = setInterval(() => this.#prune(), prunePeriodMs).unref();
    this.#prune();
  }

  began(step: Step): void {
    this.#steps.began(step);
    this.#sinceLook += 1;
    if (this.#sinceLook < stepsBetweenLooks) return;
    this.#sinceLook = 0;
    if (isTooLarge(this.#database, this.#deps.limits)) this.#prune();
  }

  ended(step: Step, end: StepEnd): void {
    this.#steps.ended(step, end);
  }

  findObjects(text: string): readonly JournalObject[] {
    return this.#steps.find(text);
  }

  partsOf(objectId: string): readonly JournalObject[] {
    return this.#steps.partsOf(objectId);
  }

  stepsOf(objectId: string, limit: number): readonly JournalStep[] {
    return this.#steps.stepsOf(objectId, limit);
  }

  close(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#pruning);
    this.#writes.close();
    this.#database.close();
  }

  /** A batch a turn of the event loop: nobody waits for a journal to be tidied. */
  #prune(): void {
    if (this.#pruning !== undefined) return;
    const steps = prune(this.#database, this.#deps.limits, this.#deps.clock.nowNanos());
    const next = (): void => {
      this.#pruning = undefined;
      try {
        if (steps.next().done !== true) this.#pruning = setImmediate(next);
      } catch (error) {
        this.#deps.logger.warn("the journal cannot be pruned", { error });
      }
    };
    this.#pruning = setImmediate(next);
  }
}
