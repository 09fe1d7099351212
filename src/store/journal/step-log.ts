import type { StatementSync } from "node:sqlite";
import { messageOf, type Step, type StepEnd, type StepKind } from "#foundation";
import type { Database } from "../database.ts";
import type { JournalObject, JournalStep, StepOutcome } from "./types.ts";
import type { WriteBehind } from "./write-behind.ts";

/** An error's message names its whole way through the stages; beyond this it repeats itself. */
const maxErrorChars = 4_096;
const maxFactsChars = 8_192;

/** Where a step was written. */
interface Place {
  readonly sequence: number;
  /** The outermost step that it is a part of. */
  readonly root: number;
}

/** What is known of a step from its beginning never changes. */
const upsert = `INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sequence) DO UPDATE SET
  micros = excluded.micros, outcome = excluded.outcome, error = excluded.error, facts = excluded.facts`;

/** Steps as rows: written when they begin, and again when they end. */
export class StepLog {
  readonly #database: Database;
  readonly #writes: WriteBehind;
  readonly #places = new WeakMap<Step, Place>();
  readonly #insertStep: StatementSync;
  readonly #insertObject: StatementSync;
  #last: number;

  constructor(database: Database, writes: WriteBehind) {
    this.#database = database;
    this.#writes = writes;
    this.#insertStep = database.prepare(upsert);
    this.#insertObject = database.prepare("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)");
    this.#last = lastSequence(database, "step");
    database.attempt("close the steps of an earlier daemon", () =>
      database.prepare("UPDATE step SET outcome = 'interrupted' WHERE outcome = 'running'").run(),
    );
  }

  began(step: Step): void {
    this.#last += 1;
    const sequence = this.#last;
    const parent = step.parent === undefined ? undefined : this.#places.get(step.parent);
    this.#places.set(step, { sequence, root: parent?.root ?? sequence });
    const { id, kind, name, parentId = "" } = step.subject;
    if (step.kind === "act") this.#writes.add(() => this.#insertObject.run(id, kind, name, parentId), "later", id);
    this.#write(step, undefined);
  }

  ended(step: Step, end: StepEnd): void {
    this.#write(step, end);
  }

  find(text: string): readonly JournalObject[] {
    const rows = this.#read(
      "SELECT id, kind, name, parent FROM object WHERE substr(id, 1, length(?)) = ? OR name = ? OR name LIKE ? ESCAPE '\\'",
      [text, text, text, `%/${text.replace(/[\\%_]/g, "\\$&")}`],
    );
    return this.#newestLast(rows.map(objectOf));
  }

  partsOf(objectId: string): readonly JournalObject[] {
    const rows = this.#read("SELECT id, kind, name, parent FROM object WHERE parent = ?", [objectId]);
    return this.#newestLast(rows.map(objectOf));
  }

  stepsOf(objectId: string, limit: number): readonly JournalStep[] {
    const rows = this.#read("SELECT * FROM step WHERE object = ? ORDER BY sequence DESC LIMIT ?", [objectId, limit]);
    return rows.map(stepOf).toReversed();
  }

  #newestLast(objects: readonly JournalObject[]): readonly JournalObject[] {
    const latest = this.#database.prepare("SELECT max(sequence) AS last FROM step WHERE object = ?");
    const dated = objects.map((object) => ({ object, last: Number(latest.get(object.id)?.["last"] ?? 0) }));
    return dated.toSorted((a, b) => a.last - b.last).map(({ object }) => object);
  }

  #read(sql: string, parameters: readonly (string | number)[]): readonly Row[] {
    this.#writes.flush();
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(true);
    return this.#database.attempt("read the journal", () => statement.all(...parameters));
  }

  #write(step: Step, end: StepEnd | undefined): void {
    const place = this.#places.get(step);
    if (place === undefined) return;
    const parent = step.parent === undefined ? 0 : (this.#places.get(step.parent)?.sequence ?? 0);
    const facts = factsText(end === undefined ? step.facts : { ...step.facts, ...end.facts });
    const micros = end === undefined ? null : Math.round(end.durationMs * 1_000);
    const error = end?.error === undefined ? "" : messageOf(end.error).slice(0, maxErrorChars);
    const { kind, name, subject, startedAtNanos } = step;
    const { sequence, root } = place;
    const row = [sequence, root, parent, subject.id, kind, name, startedAtNanos, micros, outcomeOf(end), error, facts];
    const write = (): unknown => this.#insertStep.run(...row);
    this.#writes.add(write, urgencyOf(step, end), step);
  }
}

/**
 * What a crash of the daemon must not take: that an act was begun, which
 * program it was waiting for, and what failed. A stage waits for one of these,
 * or for a moment.
 */
function urgencyOf({ kind }: Step, end: StepEnd | undefined): "soon" | "later" {
  return end === undefined ? (kind === "stage" ? "later" : "soon") : end.error === undefined ? "later" : "soon";
}

function outcomeOf(end: StepEnd | undefined): StepOutcome {
  if (end === undefined) return "running";
  return end.error === undefined ? "ok" : "failed";
}

function factsText(facts: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(facts);
  return text.length <= maxFactsChars ? text : JSON.stringify({ cut: text.slice(0, maxFactsChars) });
}

type Row = Readonly<Record<string, unknown>>;

/** The highest sequence that was ever given: also when all rows were pruned. */
export function lastSequence(database: Database, table: "step" | "event"): number {
  const row = database.attempt("read the journal", () =>
    database.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?").get(table),
  );
  return Number(row?.["seq"] ?? 0);
}

function objectOf({ id, kind, name, parent }: Row): JournalObject {
  return { id: String(id), kind: String(kind), name: String(name), parentId: String(parent) };
}

function stepOf(row: Row): JournalStep {
  return {
    sequence: Number(row["sequence"]),
    parent: Number(row["parent"]),
    objectId: String(row["object"]),
    kind: String(row["kind"]) as StepKind,
    name: String(row["name"]),
    startedAtNanos: BigInt(String(row["started"])),
    durationMs: row["micros"] === null ? undefined : Number(row["micros"]) / 1_000,
    outcome: String(row["outcome"]) as StepOutcome,
    error: String(row["error"]),
    facts: JSON.parse(String(row["facts"])) as Readonly<Record<string, unknown>>,
  };
}
