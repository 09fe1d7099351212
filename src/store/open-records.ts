import { isFault, type Logger, messageOf } from "#foundation";
import type { Files } from "#host";
import { Database } from "./database.ts";
import { mirrorRecords } from "./mirror.ts";
import { removeDatabase, setAside } from "./set-aside.ts";

export interface OpenRecordsOptions {
  readonly path: string;
  /** Where a copy of the records is kept that a damaged file is rebuilt from; undefined: nowhere. */
  readonly mirror: string | undefined;
  readonly files: Pick<Files, "rename" | "remove">;
  readonly logger: Logger;
}

/**
 * Opens the records. A damaged file is set aside, and the records come back
 * from the copy; after a reboot there is none, nothing runs, and the store
 * begins anew.
 *
 * @throws Fault `wrong-state` when a newer crisp wrote it; `exhausted` or `broken` when the disk does not let us
 */
export async function openRecords(options: OpenRecordsOptions): Promise<Database> {
  const { database, damage } = await openWhole(options);
  try {
    const rescued = await keepMirror(database, { ...options, isRebuilt: damage !== undefined });
    if (damage !== undefined) options.logger.error("database was damaged and is rebuilt", { ...damage, rescued });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

interface Opened {
  readonly database: Database;
  /** Present when the file was damaged: the database is empty then. */
  readonly damage?: { readonly problem: string; readonly path: string };
}

async function openWhole({ path, files }: OpenRecordsOptions): Promise<Opened> {
  try {
    return { database: Database.open(path) };
  } catch (error) {
    if (!isFault(error, "broken") || error.reason?.code !== "store.damaged-database") throw error;
    const damage = { problem: error.message, path: await setAside(files, path) };
    return { database: Database.open(path), damage };
  }
}

/** How many records the copy gave. */
async function keepMirror(
  database: Database,
  { mirror, files, logger, isRebuilt }: OpenRecordsOptions & { readonly isRebuilt: boolean },
): Promise<number> {
  if (mirror === undefined) return 0;
  try {
    return mirrorRecords(database, mirror, isRebuilt);
  } catch (error) {
    // The copy is the one that is damaged: it is made anew of the records.
    logger.warn("copy of the records was damaged and is made anew", { path: mirror, error: messageOf(error) });
    await removeDatabase(files, mirror);
    return mirrorRecords(database, mirror, false);
  }
}
