import type { StatementSync } from "node:sqlite";
import { messageOf } from "#foundation";
import type { Database } from "./database.ts";
import { recordExists, recordMissing } from "./faults.ts";
import type { Codec, Durability, QuarantinedRecord, RecordTable } from "./types.ts";

interface Statements {
  readonly insert: StatementSync;
  readonly update: StatementSync;
  readonly remove: StatementSync;
}

/** A table whose records are all in memory and, when a call returns, as durable as was asked. */
export class DurableTable<T> implements RecordTable<T> {
  readonly name: string;
  readonly quarantined: readonly QuarantinedRecord[];
  readonly #database: Database;
  readonly #codec: Codec<T>;
  readonly #statements: Statements;
  readonly #records = new Map<string, T>();
  #list: readonly T[] | undefined;
  #sequence = 0;

  constructor(database: Database, name: string, codec: Codec<T>) {
    this.name = name;
    this.#database = database;
    this.#codec = codec;
    this.#statements = {
      insert: database.prepare("INSERT INTO record (kind, id, sequence, value) VALUES (?, ?, ?, ?)"),
      update: database.prepare("UPDATE record SET value = ? WHERE kind = ? AND id = ?"),
      remove: database.prepare("DELETE FROM record WHERE kind = ? AND id = ?"),
    };
    this.quarantined = this.#load();
  }

  find(id: string): T | undefined {
    return this.#records.get(id);
  }

  get(id: string): T {
    const found = this.#records.get(id);
    if (found === undefined) throw recordMissing(this.name, id);
    return found;
  }

  all(): ReadonlyMap<string, T> {
    return this.#records;
  }

  list(): readonly T[] {
    this.#list ??= [...this.#records.values()];
    return this.#list;
  }

  insert(id: string, value: T, survives: Durability = "power-loss"): void {
    if (this.#records.has(id)) throw recordExists(this.name, id);
    const sequence = this.#sequence + 1;
    this.#write(survives, `insert ${this.name} ${id}`, () =>
      this.#statements.insert.run(this.name, id, sequence, this.#encode(value)),
    );
    this.#sequence = sequence;
    this.#database.onRollback(() => this.#forget(id));
    this.#remember(id, value);
  }

  update(id: string, change: (old: T) => T, survives: Durability = "power-loss"): T {
    const old = this.get(id);
    const value = change(old);
    if (value === old) return old;
    this.#write(survives, `update ${this.name} ${id}`, () =>
      this.#statements.update.run(this.#encode(value), this.name, id),
    );
    this.#database.onRollback(() => this.#remember(id, old));
    this.#remember(id, value);
    return value;
  }

  remove(id: string, survives: Durability = "power-loss"): boolean {
    const old = this.#records.get(id);
    if (old === undefined) return false;
    this.#write(survives, `remove ${this.name} ${id}`, () => this.#statements.remove.run(this.name, id));
    this.#database.onRollback(() => this.#remember(id, old));
    this.#forget(id);
    return true;
  }

  #remember(id: string, value: T): void {
    this.#records.set(id, value);
    this.#list = undefined;
  }

  #forget(id: string): void {
    this.#records.delete(id);
    this.#list = undefined;
  }

  #write(survives: Durability, act: string, work: () => unknown): void {
    if (survives === "crash") this.#database.attemptUnsynced(act, work);
    else this.#database.attempt(act, work);
  }

  #encode(value: T): string {
    return JSON.stringify(this.#codec.encode(value));
  }

  /** Reads every record; those that cannot be read are moved aside, so that one bad record stops nothing. */
  #load(): readonly QuarantinedRecord[] {
    const bad: QuarantinedRecord[] = [];
    const rows = this.#database.attempt(`read ${this.name} records`, () =>
      this.#database.prepare("SELECT id, sequence, value FROM record WHERE kind = ? ORDER BY sequence").all(this.name),
    );
    for (const { id, sequence, value } of rows) {
      try {
        this.#records.set(String(id), this.#codec.decode(JSON.parse(String(value))));
      } catch (error) {
        bad.push({ id: String(id), problem: messageOf(error) });
      }
      this.#sequence = Math.max(this.#sequence, Number(sequence));
    }
    if (bad.length > 0) this.#quarantine(bad);
    return bad;
  }

  #quarantine(bad: readonly QuarantinedRecord[]): void {
    const copy = this.#database.prepare(
      "INSERT INTO quarantine SELECT kind, id, value, ?, datetime('now') FROM record WHERE kind = ? AND id = ?",
    );
    this.#database.transaction(() => {
      for (const { id, problem } of bad) {
        this.#database.attempt(`put ${this.name} ${id} into quarantine`, () => {
          copy.run(problem, this.name, id);
          this.#statements.remove.run(this.name, id);
        });
      }
    });
  }
}
