import { DatabaseSync, type StatementSync } from "node:sqlite";
import { damagedDatabase, databaseFault, newerSchema } from "./faults.ts";

/** What is in a database file, and how it is kept. */
export interface Schema {
  /** One step a version: the text at index n leads from version n to n + 1. */
  readonly migrations: readonly string[];
  /** Statements for each connection, and for a file before its first table. */
  readonly pragmas: string;
  /** Whether the whole file is looked through when it is opened. */
  readonly isChecked: boolean;
}

/** The records: each change waits for the disk unless it says otherwise. */
const records: Schema = {
  pragmas: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000",
  isChecked: true,
  migrations: [
    `CREATE TABLE record (
     kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id)
   ) WITHOUT ROWID;
   CREATE TABLE quarantine (
     kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, problem TEXT NOT NULL, at TEXT NOT NULL
   );
   CREATE TABLE probe (one INTEGER PRIMARY KEY, count INTEGER NOT NULL);`,
  ],
};

/**
 * One database file.
 *
 * Every change is durable when its call returns, or its transaction does.
 * Memory that mirrors the file registers a way back with `onRollback`.
 */
export class Database {
  readonly #path: string;
  readonly #sqlite: DatabaseSync;
  #rollbacks: (() => void)[] | undefined;

  private constructor(path: string, sqlite: DatabaseSync) {
    this.#path = path;
    this.#sqlite = sqlite;
  }

  /** @throws Fault `broken` when the file is damaged, `wrong-state` when a newer crisp wrote it */
  static open(path: string, schema: Schema = records): Database {
    let sqlite: DatabaseSync | undefined;
    try {
      sqlite = new DatabaseSync(path);
      sqlite.exec(schema.pragmas);
      if (schema.isChecked) assertWhole(sqlite);
    } catch (error) {
      sqlite?.close();
      throw isDamage(error) ? damagedDatabase(path, error) : databaseFault(`open ${path}`, error);
    }
    const database = new Database(path, sqlite);
    try {
      database.#migrate(schema);
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return database;
  }

  prepare(sql: string): StatementSync {
    return this.#sqlite.prepare(sql);
  }

  exec(sql: string): void {
    this.#sqlite.exec(sql);
  }

  /** Opens another file beside this one, for this connection alone, under a name for its tables. @throws when it is damaged */
  attach(path: string, name: string): void {
    // The mode is that of what is attached next; it must hold before the first look into the file, which ATTACH takes.
    this.#sqlite.exec("PRAGMA locking_mode = EXCLUSIVE");
    this.#sqlite.prepare(`ATTACH DATABASE ? AS ${name}`).run(path);
    this.#sqlite.exec("PRAGMA main.locking_mode = NORMAL");
    try {
      assertWhole(this.#sqlite, name);
    } catch (error) {
      this.detach(name);
      throw error;
    }
  }

  detach(name: string): void {
    this.#sqlite.exec(`DETACH DATABASE ${name}`);
  }

  /** Runs one statement's work under a name for its fault. */
  attempt<T>(act: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseFault(act, error);
    }
  }

  /**
   * Runs one statement's work without waiting for the disk: a crash of the daemon
   * does not lose it, a power loss may. In a transaction, the transaction decides.
   */
  attemptUnsynced<T>(act: string, work: () => T): T {
    return this.#unsynced(() => this.attempt(act, work));
  }

  /** Runs changes as one. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#rollbacks !== undefined) return work();
    const rollbacks: (() => void)[] = [];
    this.#rollbacks = rollbacks;
    try {
      this.attempt("begin transaction", () => this.#sqlite.exec("BEGIN IMMEDIATE"));
      const result = work();
      this.attempt("commit transaction", () => this.#sqlite.exec("COMMIT"));
      return result;
    } catch (error) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec("ROLLBACK");
      for (const undo of rollbacks.toReversed()) undo();
      throw error;
    } finally {
      this.#rollbacks = undefined;
    }
  }

  /** As {@link transaction}, without waiting for the disk. */
  transactionUnsynced<T>(work: () => T): T {
    return this.#unsynced(() => this.transaction(work));
  }

  /** Remembers how to take a change of memory back, should the transaction that runs now fail. */
  onRollback(undo: () => void): void {
    this.#rollbacks?.push(undo);
  }

  close(): void {
    this.#sqlite.close();
  }

  #unsynced<T>(work: () => T): T {
    if (this.#sqlite.isTransaction) return work();
    this.#sqlite.exec("PRAGMA synchronous = NORMAL");
    try {
      return work();
    } finally {
      this.#sqlite.exec("PRAGMA synchronous = FULL");
    }
  }

  #migrate({ migrations }: Schema): void {
    const version = Number(this.#sqlite.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > migrations.length) throw newerSchema(this.#path, version, migrations.length);
    for (const [from, sql] of migrations.entries()) {
      if (from < version) continue;
      this.transaction(() => this.#sqlite.exec(`${sql}; PRAGMA user_version = ${from + 1}`));
    }
  }
}

function assertWhole(sqlite: DatabaseSync, schema = "main"): void {
  const check = sqlite.prepare(`PRAGMA ${schema}.quick_check(1)`).get();
  if (check?.["quick_check"] !== "ok") throw new DamagedError(String(check?.["quick_check"]));
}

/** What the check of a file found. */
class DamagedError extends Error {}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const damageCodes: ReadonlySet<unknown> = new Set([11, 26]);

/** Whether the file itself is at fault; a full or read-only disk is not. The low byte of a code says what it is about. */
function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  return error instanceof Error && "errcode" in error && damageCodes.has(Number(error.errcode) & 0xff);
}
