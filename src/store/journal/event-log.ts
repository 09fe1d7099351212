import type { StatementSync } from "node:sqlite";
import type { Database } from "../database.ts";
import { lastSequence } from "./step-log.ts";
import type { EventLog, JournalEvent } from "./types.ts";
import type { WriteBehind } from "./write-behind.ts";

type Told = Readonly<{ ownerId: string; type: string }>;

/** Events as rows. Nobody reads one that is not written yet, so that a restart can neither lose nor repeat it. */
export class DiskEventLog implements EventLog {
  readonly #database: Database;
  readonly #writes: WriteBehind;
  readonly #insert: StatementSync;
  readonly #tell: StatementSync;
  readonly #forget: StatementSync;
  readonly #keep: StatementSync;
  readonly #after: StatementSync;
  #last: number;

  constructor(database: Database, writes: WriteBehind) {
    this.#database = database;
    this.#writes = writes;
    this.#insert = database.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)");
    this.#tell = database.prepare("INSERT OR REPLACE INTO told VALUES (?, ?, ?)");
    this.#forget = database.prepare("DELETE FROM told WHERE object = ?");
    this.#keep = database.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)");
    this.#after = database.prepare("SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?");
    this.#after.setReadBigInts(true);
    this.#last = lastSequence(database, "event");
  }

  get last(): number {
    return this.#last;
  }

  append({ atNanos, objectId, ownerId, type, data }: Omit<JournalEvent, "sequence">): void {
    this.#last += 1;
    const sequence = this.#last;
    const text = JSON.stringify(data);
    const write = (): void => {
      this.#insert.run(sequence, atNanos, objectId, ownerId, type, text);
      this.#tell.run(objectId, ownerId, type);
    };
    this.#writes.add(write, "later");
  }

  after(sequence: number, limit: number): readonly JournalEvent[] {
    this.#writes.flush();
    return this.#database.attempt("read events", () => this.#after.all(sequence, limit)).map(eventOf);
  }

  ofOwner(ownerId: string): readonly JournalEvent[] {
    this.#writes.flush();
    const statement = this.#database.prepare("SELECT * FROM event WHERE owner = ? ORDER BY sequence");
    statement.setReadBigInts(true);
    return this.#database.attempt("read events", () => statement.all(ownerId)).map(eventOf);
  }

  before(atNanos: bigint): number {
    this.#writes.flush();
    const statement = this.#database.prepare("SELECT min(sequence) AS first FROM event WHERE at >= ?");
    const first = this.#database.attempt("read events", () => statement.get(atNanos)?.["first"]);
    return typeof first === "number" ? first - 1 : this.#last;
  }

  latest(): ReadonlyMap<string, Told> {
    this.#writes.flush();
    const rows = this.#database.attempt("read events", () => this.#database.prepare("SELECT * FROM told").all());
    return new Map(
      rows.map(({ object, owner, type }) => [String(object), { ownerId: String(owner), type: String(type) }]),
    );
  }

  note(objectId: string, { ownerId, type }: Told): void {
    this.#writes.add(() => this.#tell.run(objectId, ownerId, type), "later");
  }

  forget(objectId: string): void {
    this.#writes.add(() => this.#forget.run(objectId), "later");
  }

  keep(objectId: string, ownerId: string, value: unknown): void {
    const text = JSON.stringify(value);
    this.#writes.add(() => this.#keep.run(objectId, ownerId, text), "later");
    this.#writes.flush();
  }

  kept(objectId: string): unknown {
    this.#writes.flush();
    const statement = this.#database.prepare("SELECT value FROM kept WHERE object = ?");
    const row = this.#database.attempt("read events", () => statement.get(objectId));
    return row === undefined ? undefined : JSON.parse(String(row["value"]));
  }
}

function eventOf(row: Readonly<Record<string, unknown>>): JournalEvent {
  return {
    sequence: Number(row["sequence"]),
    atNanos: BigInt(String(row["at"])),
    objectId: String(row["object"]),
    ownerId: String(row["owner"]),
    type: String(row["type"]),
    data: JSON.parse(String(row["data"])),
  };
}
