import type { Schema } from "../database.ts";

/**
 * The journal's own file: what is written to it never makes a record's change
 * wait, and a damaged journal is no damaged record.
 *
 * `told` has the latest event of each living object, however old it is; `kept` what is needed to tell of objects that
 * are gone.
 */
export function journalSchema(isChecked: boolean): Schema {
  return {
    isChecked,
    pragmas: `PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304; PRAGMA busy_timeout = 5000`,
    migrations: [
      `CREATE TABLE object (
         id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL
       ) WITHOUT ROWID;
       CREATE TABLE step (
         sequence INTEGER PRIMARY KEY AUTOINCREMENT, root INTEGER NOT NULL, parent INTEGER NOT NULL,
         object TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, started INTEGER NOT NULL,
         micros INTEGER, outcome TEXT NOT NULL, error TEXT NOT NULL, facts TEXT NOT NULL
       );
       CREATE INDEX step_object ON step (object);
       CREATE INDEX step_root ON step (root);
       CREATE INDEX step_oldest ON step (started) WHERE parent = 0;
       CREATE INDEX step_running ON step (root) WHERE outcome = 'running';
       CREATE TABLE event (
         sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, object TEXT NOT NULL, owner TEXT NOT NULL,
         type TEXT NOT NULL, data TEXT NOT NULL
       );
       CREATE INDEX event_owner ON event (owner);
       CREATE INDEX event_at ON event (at);
       CREATE TABLE told (object TEXT PRIMARY KEY, owner TEXT NOT NULL, type TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE kept (object TEXT PRIMARY KEY, owner TEXT NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;`,
    ],
  };
}
