import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ContainerLogOptions, readContainerLog } from "./container-log.ts";

let directory = "";
let path = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-log-"));
  path = join(directory, "0.log");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function read(options: ContainerLogOptions = {}): Promise<readonly (readonly [string, string])[]> {
  const lines: (readonly [string, string])[] = [];
  for await (const { stream, content } of readContainerLog(path, options)) lines.push([stream, content.toString()]);
  return lines;
}

test("readContainerLog() decodes each line and skips what is none", async () => {
  await writeFile(path, "2026-01-02T03:04:05.6Z stdout F one\ngarbage\n2026-01-02T03:04:06Z stderr F two");

  expect(await read()).toEqual([
    ["stdout", "one"],
    ["stderr", "two"],
  ]);
});

test("readContainerLog() begins with the last lines", async () => {
  await writeFile(path, "2026-01-02T03:04:05Z stdout F one\n2026-01-02T03:04:06Z stdout F two\n");

  expect(await read({ lastLines: 1 })).toEqual([["stdout", "two"]]);
});

test("readContainerLog() goes on while the container runs", async () => {
  await writeFile(path, "2026-01-02T03:04:05Z stdout F one\n");
  const isRunning = async (): Promise<boolean> => {
    await appendFile(path, "2026-01-02T03:04:06Z stdout F last words\n");
    return false;
  };

  expect(await read({ isRunning })).toEqual([
    ["stdout", "one"],
    ["stdout", "last words"],
  ]);
});

test("readContainerLog() of a missing file is a not-found fault", async () => {
  await expect(read()).rejects.toMatchObject({ kind: "not-found" });
});
