import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeptFiles, openForReading } from "./kept-files.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-kept-files-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

/** Each file is a subject of its own. */
function readIn(files: KeptFiles, file: string): string {
  return files.of(file).read("stat", () => openForReading(file));
}

async function openDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}

it("read what is in a file at each question, through one descriptor", async () => {
  const file = join(directory, "cpu.stat");
  await writeFile(file, "1\n");
  const files = new KeptFiles();
  const before = await openDescriptors();
  const first = readIn(files, file);
  await writeFile(file, "longer\n");

  const second = readIn(files, file);

  expect([first, second]).toEqual(["1\n", "longer\n"]);
  expect((await openDescriptors()) - before).toBe(1);
});

it("are empty where there is no file, and found when there is one", async () => {
  const file = join(directory, "group", "cpu.stat");
  const files = new KeptFiles();
  const missing = readIn(files, file);
  await mkdir(join(directory, "group"));
  await writeFile(file, "1\n");

  expect([missing, readIn(files, file)]).toEqual(["", "1\n"]);
});

it("are closed when nobody has asked for a minute", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const [idle, busy] = [join(directory, "idle"), join(directory, "busy")];
  for (const file of [idle, busy]) await writeFile(file, "1\n");
  const files = new KeptFiles();
  const before = await openDescriptors();
  for (const file of [idle, busy]) readIn(files, file);
  vi.advanceTimersByTime(50_000);
  readIn(files, busy);

  vi.advanceTimersByTime(20_000);
  readIn(files, busy);

  expect((await openDescriptors()) - before).toBe(1);
  expect(readIn(files, idle)).toBe("1\n");
});

describe("read ahead", () => {
  /** Files that were read once, and are then read ahead until the thread has come to all. */
  async function readTwice(
    names: readonly string[],
  ): Promise<{ files: KeptFiles; paths: string[]; ahead: Disposable }> {
    const paths = names.map((name) => join(directory, name));
    for (const path of paths) await writeFile(path, "old\n");
    const files = new KeptFiles();
    for (const path of paths) readIn(files, path);
    // The first time, the thread has to start.
    files.readAhead(paths)[Symbol.dispose]();
    await vi.waitUntil(() => !files.isReadingAhead, { timeout: 10_000 });
    const ahead = files.readAhead(paths);
    await vi.waitUntil(() => !files.isReadingAhead, { timeout: 10_000, interval: 1 });
    return { files, paths, ahead };
  }

  it("tell what they had when they were read, until that is given up", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const { files, paths, ahead } = await readTwice(["first", "second"]);
    for (const path of paths) await writeFile(path, "new\n");

    const found = paths.map((path) => readIn(files, path));
    ahead[Symbol.dispose]();

    expect(found).toEqual(["old\n", "old\n"]);
    expect(paths.map((path) => readIn(files, path))).toEqual(["new\n", "new\n"]);
    now.mockRestore();
  });

  it("tell nothing that is older than a tenth of a second", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const { files, paths, ahead } = await readTwice(["first"]);
    await writeFile(join(directory, "first"), "new\n");
    now.mockReturnValue(101);

    expect(paths.map((path) => readIn(files, path))).toEqual(["new\n"]);
    ahead[Symbol.dispose]();
    now.mockRestore();
  });

  it("stay open as long as the thread reads them", async () => {
    const { files, paths, ahead } = await readTwice(["first", "second"]);
    ahead[Symbol.dispose]();
    const before = await openDescriptors();
    using _again = files.readAhead(paths);
    for (const path of paths) files.close(path);
    const during = readdirSync("/proc/self/fd").length;
    await vi.waitUntil(() => !files.isReadingAhead, { timeout: 10_000 });

    expect(during).toBe(before);
    expect((await openDescriptors()) - before).toBe(-2);
    expect(paths.map((path) => readIn(files, path))).toEqual(["old\n", "old\n"]);
  });

  it("end their thread when nobody has asked for minutes", async () => {
    const { files, paths, ahead } = await readTwice(["first"]);
    ahead[Symbol.dispose]();
    const threads = readdirSync("/proc/self/task").length;
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 301_000);
    for (const path of paths) readIn(files, path);
    now.mockRestore();

    await vi.waitUntil(() => readdirSync("/proc/self/task").length < threads, { timeout: 10_000 });
    expect(paths.map((path) => readIn(files, path))).toEqual(["old\n"]);
  });
});
