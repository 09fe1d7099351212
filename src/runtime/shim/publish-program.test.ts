import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeHost } from "#host";
import { maxEventBytes, maxKeptEvents, refusalNote } from "./event-spool.ts";
import { PublishProgram } from "./publish-program.ts";

const event = Buffer.from([10, 1, 0x27, 0, 255]);

let directory: string;
let spool: string;
let program: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-publish-"));
  spool = join(directory, "it's $HOME");
  await mkdir(spool);
  const host = new FakeHost();
  const path = await new PublishProgram(host, "/programs", spool).path();
  program = join(directory, "publish");
  await writeFile(program, await host.files.read(path));
  await chmod(program, 0o755);
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Runs the program as a shim does; without a shim's environment, which may be empty. */
function start(...flags: readonly string[]): ChildProcess {
  const words = ["--address", "/run/events.sock", "publish", ...flags];
  return spawn("/bin/sh", [program, ...words], { stdio: ["pipe", "ignore", "pipe"], env: {} });
}

async function publish(bytes: Uint8Array, ...flags: readonly string[]): Promise<unknown> {
  const child = start(...(flags.length === 0 ? ["--topic", "/tasks/oom", "--namespace", "k8s.io"] : flags));
  child.stdin?.end(bytes);
  const [code] = (await once(child, "close")) as [unknown];
  return code;
}

function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

it("puts an event into a file of its digest, readable by its owner alone, and the same one once", async () => {
  const codes = [await publish(event), await publish(event)];

  expect(codes).toEqual([0, 0]);
  expect(await readdir(spool)).toEqual([nameOf(event)]);
  expect(await readFile(join(spool, nameOf(event)))).toEqual(event);
});

it.each([[["-topic", "/tasks/oom"]], [["--topic=/tasks/oom"]], [["-namespace=k8s.io", "-topic=/tasks/oom"]]])(
  "finds the topic in %s",
  async (flags) => {
    expect(await publish(event, ...flags)).toBe(0);

    expect(await readdir(spool)).toHaveLength(1);
  },
);

it("hears events out that do not count, and keeps none of them", async () => {
  const code = await publish(Buffer.alloc(1_000_000), "--topic", "/tasks/exit", "--namespace", "/tasks/oom");

  expect([code, await readdir(spool)]).toEqual([0, []]);
});

it("shows nothing of an event that is not there as a whole", async () => {
  const child = start("--topic", "/tasks/oom");
  child.stdin?.write(event);
  await expect.poll(() => readdir(spool)).toEqual([`.${child.pid}`]);

  child.kill("SIGTERM");
  child.stdin?.end();
  const [code] = (await once(child, "close")) as [unknown];

  expect([code, await readdir(spool)]).toEqual([1, []]);
});

it("keeps no more of an event than tells that it is too long", async () => {
  await publish(Buffer.alloc(1_000_000));

  const [name = ""] = await readdir(spool);
  expect(await readFile(join(spool, name))).toHaveLength(maxEventBytes + 1);
});

it("drops what is too much, and says so; but not what lies there already", async () => {
  await publish(event);
  const others = Array.from({ length: maxKeptEvents - 1 }, (_, number) => number.toString(16).padStart(64, "0"));
  for (const name of others) await writeFile(join(spool, name), "");

  const codes = [await publish(event), await publish(Buffer.from("another"))];

  expect(codes).toEqual([0, 1]);
  expect((await readdir(spool)).toSorted()).toEqual([refusalNote, nameOf(event), ...others].toSorted());
});

it("fails where the directory is gone, and leaves nothing elsewhere", async () => {
  await rm(spool, { recursive: true });

  expect(await publish(Buffer.alloc(1_000_000))).toBe(1);

  expect(await readdir(directory)).toEqual(["publish"]);
});
