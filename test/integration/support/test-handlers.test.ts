import { glob, readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { checkNames } from "#conformance";
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

test("every check that a handler is said to fail is one", () => {
  const said = testHandlers.flatMap(({ failing }) => Object.keys(failing));

  expect(said.filter((name) => !checkNames.includes(name))).toEqual([]);
});

test("every handler is verified, in a file of its own", async () => {
  const files = (await readdir("test/integration/handlers")).filter((name) => name.endsWith(".test.ts"));

  expect(files.toSorted()).toEqual(testHandlers.map(({ name }) => `${name}.test.ts`).toSorted());
});
