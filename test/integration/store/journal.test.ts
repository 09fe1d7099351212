import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSystemClock, type Logger, Stages, silentLogger } from "#foundation";
import { createLinuxHost } from "#host";
import { type Journal, openJournal } from "#store";

const clock = createSystemClock();
const { files } = await createLinuxHost({ path: "/usr/bin:/bin" });
const day = 86_400_000;

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "crisp-journal-"));
  file = path.join(directory, "journal.db");
});
afterEach(() => rm(directory, { recursive: true }));

function open(maxBytes = 64 * 1024 * 1024, logger: Logger = silentLogger): Promise<Journal> {
  return openJournal({ path: file, maxAgeMs: day, maxBytes }, { files, clock, logger });
}

const pod = { kind: "sandbox", id: "p1", name: "default/web" };

test("what was recorded is there when the journal is opened again", async () => {
  const first = await open();
  await new Stages(clock, [first]).act("run", pod, () => Promise.resolve());
  first.close();
  const second = await open();

  expect([first.isNew, second.isNew]).toEqual([true, false]);
  expect(second.stepsOf("p1", 10)).toMatchObject([{ name: "run", outcome: "ok" }]);
  second.close();
});

test("a damaged journal is set aside, said so, and begun anew", async () => {
  await writeFile(file, "this is no database, however long it may be".repeat(200));
  const said: string[] = [];
  const journal = await open(undefined, { ...silentLogger, error: (message) => void said.push(message) });
  await new Stages(clock, [journal]).act("run", pod, () => Promise.resolve());

  expect(journal.isNew).toBe(true);
  expect(journal.stepsOf("p1", 10)).toHaveLength(1);
  expect(said).toEqual(["the journal is damaged: it is set aside and begun anew"]);
  expect(await readFile(`${file}.damaged`, "utf8")).toMatch(/^this is no database/);
  journal.close();
});

test("however much happens, the file stays within its bound", async () => {
  const bound = 2 * 1024 * 1024;
  const journal = await open(bound);
  const stages = new Stages(clock, [journal]);
  for (let act = 0; act < 12_000; act += 1) {
    const failing = stages.act("run", { ...pod, id: `p${act}` }, () => Promise.reject(new Error("x".repeat(2_000))));
    await failing.catch(() => undefined);
    if (act % 20 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  journal.close();

  expect((await stat(file)).size).toBeLessThan(1.25 * bound);
});
