import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { messageOf } from "#foundation";
import { type FollowFileOptions, followFile } from "./follow-file.ts";

let directory = "";
let path = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-follow-"));
  path = join(directory, "0.log");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function readAll(options?: FollowFileOptions): Promise<string> {
  const blocks: Buffer[] = [];
  for await (const block of followFile(path, options)) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

/** A writer that does one step each time the reader asks at an end of the file whether more may come. */
function writer(...steps: (() => Promise<void>)[]): () => Promise<boolean> {
  return async () => {
    const step = steps.shift();
    await step?.();
    return step !== undefined;
  };
}

test("followFile() reads a file to its end and stops", async () => {
  await writeFile(path, "one\ntwo\n");

  expect(await readAll()).toBe("one\ntwo\n");
});

test.each([
  ["one\ntwo\nthree\n", 2, "two\nthree\n"],
  ["one\ntwo\nthree", 2, "two\nthree"],
  ["one\n", 5, "one\n"],
  ["one\n", 0, ""],
  ["\n\n\n", 2, "\n\n"],
  ["", 3, ""],
])("followFile() of %j begins with the last %i lines", async (content, lastLines, expected) => {
  await writeFile(path, content);

  expect(await readAll({ lastLines })).toBe(expected);
});

test("followFile() finds the last lines beyond a block", async () => {
  const long = "x".repeat(100_000);
  await writeFile(path, `first\n${long}\n${long}\nlast\n`);

  expect(await readAll({ lastLines: 3 })).toBe(`${long}\n${long}\nlast\n`);
});

test("followFile() reads what is written while it waits", async () => {
  await writeFile(path, "one\n");
  const isGrowing = writer(
    () => appendFile(path, "two\n"),
    () => appendFile(path, "three\n"),
  );

  expect(await readAll({ isGrowing })).toBe("one\ntwo\nthree\n");
});

test("followFile() reads what came with the writer's end", async () => {
  await writeFile(path, "one\n");
  const isGrowing = async (): Promise<boolean> => {
    await appendFile(path, "two\n");
    return false;
  };

  expect(await readAll({ isGrowing })).toBe("one\ntwo\n");
});

test("followFile() follows a rotation without losing the old file's last lines", async () => {
  await writeFile(path, "one\n");
  const isGrowing = writer(async () => {
    await appendFile(path, "two\n");
    await rename(path, `${path}.1`);
    await appendFile(`${path}.1`, "three\n");
    await writeFile(path, "four\n");
  });

  expect(await readAll({ isGrowing })).toBe("one\ntwo\nthree\nfour\n");
});

test("followFile() survives the moment when the name is missing", async () => {
  await writeFile(path, "one\n");
  const isGrowing = writer(
    () => rename(path, `${path}.1`),
    () => writeFile(path, "two\n"),
  );

  expect(await readAll({ isGrowing })).toBe("one\ntwo\n");
});

test("followFile() starts again in a file that was cut", async () => {
  await writeFile(path, "a long first line\n");
  const isGrowing = writer(
    () => appendFile(path, "and more"),
    async () => {
      await truncate(path);
      await appendFile(path, "two\n");
    },
  );

  expect(await readAll({ isGrowing })).toBe("a long first line\nand moretwo\n");
});

test("followFile() ends when its signal aborts", async () => {
  await writeFile(path, "one\n");
  const abort = new AbortController();
  const isGrowing = async (): Promise<boolean> => {
    abort.abort();
    return true;
  };

  expect(await readAll({ isGrowing, signal: abort.signal })).toBe("");
});

test("followFile() names the file that it cannot open", async () => {
  const failure = await readAll().catch((error: unknown) => error);

  expect(failure).toMatchObject({ name: "Fault", kind: "not-found" });
  expect(messageOf(failure)).toBe(`open ${path}: no such file or directory`);
});
