import { glob, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { testHandlers } from "../../support/test-handlers.ts";

test("whatever a handler is said to be unable to do, some test needs", async () => {
  const needed = new Set<string>();
  for await (const file of glob(["test/integration/**/*.test.ts", "test/contracts/*.ts"])) {
    const source = await readFile(file, "utf8");
    for (const [, what = ""] of source.matchAll(/\bneeding\("([^"]+)"\)/g)) needed.add(what);
  }

  const said = testHandlers.flatMap(({ name, cannot }) => Object.keys(cannot).map((what) => `${name}: ${what}`));

  expect(said.filter((each) => !needed.has(each.slice(each.indexOf(": ") + 2)))).toEqual([]);
  expect(needed.size).toBeGreaterThan(0);
});
