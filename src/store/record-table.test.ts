import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { Database } from "./database.ts";
import { DurableTable } from "./record-table.ts";
import type { Codec } from "./types.ts";

interface Pet {
  readonly name: string;
  readonly age: bigint;
}

const petCodec: Codec<Pet> = {
  encode: ({ name, age }) => ({ name, age: String(age) }),
  decode(value) {
    const { name, age } = value as { name: unknown; age: string };
    if (typeof name !== "string") throw new Error("name is not a text");
    return { name, age: BigInt(age) };
  },
};

let database: Database;
let pets: DurableTable<Pet>;

beforeEach(() => {
  database = Database.open(":memory:");
  pets = new DurableTable(database, "pet", petCodec);
  return () => database.close();
});

/** The table as the next start would read it. */
function reread(): DurableTable<Pet> {
  return new DurableTable(database, "pet", petCodec);
}

describe("DurableTable", () => {
  it("keeps what was inserted, changed and removed, in order", () => {
    pets.insert("c", { name: "Cleo", age: 3n });
    pets.insert("a", { name: "Ada", age: 1n });
    pets.insert("b", { name: "Bob", age: 2n });
    pets.update("c", (old) => ({ ...old, age: 2n ** 60n }));
    pets.remove("a");

    expect([...reread().all()]).toEqual([
      ["c", { name: "Cleo", age: 2n ** 60n }],
      ["b", { name: "Bob", age: 2n }],
    ]);
    expect([...pets.all()]).toEqual([...reread().all()]);
  });

  it("lists the same array until something changes", () => {
    pets.insert("c", { name: "Cleo", age: 3n });
    const listed = pets.list();
    pets.update("c", (old) => old);
    const unchanged = pets.list();

    pets.update("c", (old) => ({ ...old, age: 4n }));
    const updated = pets.list();
    pets.insert("a", { name: "Ada", age: 1n });
    const inserted = pets.list();
    pets.remove("c");

    expect(unchanged).toBe(listed);
    expect(
      [listed, updated, inserted, pets.list()].map((pets) => pets.map(({ name, age }) => `${name} ${age}`)),
    ).toEqual([["Cleo 3"], ["Cleo 4"], ["Cleo 4", "Ada 1"], ["Ada 1"]]);
  });

  it("keeps tables of different names apart", () => {
    pets.insert("a", { name: "Ada", age: 1n });

    expect(new DurableTable(database, "other", petCodec).all().size).toBe(0);
  });

  it("refuses a second record of an id, and changes of a missing one", () => {
    pets.insert("a", { name: "Ada", age: 1n });

    expect(() => pets.insert("a", { name: "B", age: 2n })).toThrow(expect.toSatisfy(isKind("exists")));
    expect(() => pets.update("x", (old) => old)).toThrow(expect.toSatisfy(isKind("not-found")));
    expect(() => pets.get("x")).toThrow(expect.toSatisfy(isKind("not-found")));
    expect(pets.remove("x")).toBe(false);
  });

  it("puts a record that cannot be read aside, and loads the rest", () => {
    pets.insert("good", { name: "Ada", age: 1n });
    pets.insert("bad", { name: "Bob", age: 1n });
    database.prepare("UPDATE record SET value = '{\"name\":7}' WHERE id = 'bad'").run();
    pets.insert("worse", { name: "Cleo", age: 1n });
    database.prepare("UPDATE record SET value = 'no json' WHERE id = 'worse'").run();

    const again = reread();

    expect([...again.all().keys()]).toEqual(["good"]);
    expect(again.quarantined.map(({ id }) => id)).toEqual(["bad", "worse"]);
    expect(again.quarantined[0]?.problem).toBe("name is not a text");
    expect(reread().quarantined).toEqual([]);
    const aside = database.prepare("SELECT id, value FROM quarantine ORDER BY id").all();
    expect(aside).toMatchObject([
      { id: "bad", value: '{"name":7}' },
      { id: "worse", value: "no json" },
    ]);
  });

  it("leaves memory alone when the change throws", () => {
    pets.insert("a", { name: "Ada", age: 1n });
    const failing = (): Pet => {
      throw new Error("no");
    };

    expect(() => pets.update("a", failing)).toThrow("no");
    expect(pets.get("a").name).toBe("Ada");
  });
});

describe("Database.transaction()", () => {
  it("takes everything back when the work throws, in memory and on disk", () => {
    pets.insert("kept", { name: "Ada", age: 1n });
    const others = new DurableTable(database, "other", petCodec);

    const work = (): void => {
      pets.insert("new", { name: "Bob", age: 1n });
      others.insert("new", { name: "Cleo", age: 1n });
      pets.update("kept", (old) => ({ ...old, age: 9n }));
      pets.remove("kept");
      expect(pets.list()).toEqual([{ name: "Bob", age: 1n }]);
      throw new Error("changed my mind");
    };

    expect(() => database.transaction(work)).toThrow("changed my mind");
    expect([...pets.all()]).toEqual([["kept", { name: "Ada", age: 1n }]]);
    expect(pets.list()).toEqual([{ name: "Ada", age: 1n }]);
    expect(others.all().size).toBe(0);
    expect([...reread().all()]).toEqual([...pets.all()]);
  });

  it("makes an inner transaction part of the outer one", () => {
    const work = (): void => {
      database.transaction(() => pets.insert("a", { name: "Ada", age: 1n }));
      throw new Error("outer");
    };

    expect(() => database.transaction(work)).toThrow("outer");
    expect(pets.all().size).toBe(0);
  });

  it("can be used again after a failure", () => {
    expect(() => database.transaction(() => pets.get("missing"))).toThrow(Fault);

    database.transaction(() => pets.insert("a", { name: "Ada", age: 1n }));
    expect(reread().all().size).toBe(1);
  });
});

function isKind(kind: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof Fault && thrown.kind === kind;
}
