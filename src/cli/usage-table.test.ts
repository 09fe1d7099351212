import { expect, test } from "vitest";
import { Fault } from "#foundation";
import type { Session } from "./session.ts";
import { showUsage } from "./usage-table.ts";

/** A session without a screen: each text comes after the one before. */
function setUp(readings: readonly (readonly number[] | Fault)[]) {
  const written: string[] = [];
  const session = {
    terminal: { write: async (text: unknown) => void written.push(String(text)) },
    console: { size: () => undefined, onResize: () => () => undefined },
    signal: new AbortController().signal,
  } as unknown as Session;
  const left = [...readings];
  const table = {
    read: async () => {
      const next = left.shift() ?? new Fault("invalid", "the end");
      if (next instanceof Fault) throw next;
      return next;
    },
    render: (stats: readonly number[], before: readonly number[]) => `${before.join()} to ${stats.join()}\n`,
  };
  return { written, watch: () => showUsage(session, { seconds: 0, watch: true }, table), session, table };
}

test("usage is shown once, from two readings", async () => {
  const { written, session, table } = setUp([[1], [2], [3]]);

  await showUsage(session, { seconds: 0 }, table);

  expect(written).toEqual(["1 to 2\n"]);
});

test("a runtime that does not answer for a while does not end the watch: its last numbers stay, and are said to be old", async () => {
  const away = new Fault("unavailable", "nobody is there");
  const { written, watch } = setUp([[1], [2], away, new Fault("timed-out", "no answer"), [5]]);

  await expect(watch()).rejects.toMatchObject({ message: "the end" });

  expect(written).toEqual([
    "1 to 2\n",
    "\nOLD NUMBERS: nobody is there\n1 to 2\n",
    "\nOLD NUMBERS: no answer\n1 to 2\n",
    "\n2 to 5\n",
  ]);
});

test("a runtime that does not answer at the beginning is an error", async () => {
  const { written, watch } = setUp([new Fault("unavailable", "nobody is there")]);

  await expect(watch()).rejects.toMatchObject({ kind: "unavailable" });
  expect(written).toEqual([]);
});
