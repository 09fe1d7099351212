import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
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
