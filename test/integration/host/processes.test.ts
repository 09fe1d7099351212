import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chmod, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Child } from "#host";
import { waitFor } from "../../support/wait-for.ts";
import { openPlace, type Place } from "./place.ts";

const sigkill = 9;

describe("processes of the linux host", () => {
  let place: Place;

  beforeEach(async () => {
    place = await openPlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("gives a child the descriptors it is promised and no others", async () => {
    const { host } = place;

    const child = await host.processes.spawn(
      { program: "ls", args: ["/proc/self/fd"] },
      { descriptors: { 1: "pipe-from-child", 5: "pipe-to-child" } },
    );
    const seen = (await readerOf(child).toArray()).join("").trim().split("\n");
    await child.exited;

    // 3 is the directory that ls itself has open.
    expect(seen).toEqual(["0", "1", "2", "3", "5"]);
  });

  it("puts descriptors right that lie in each other's place", async () => {
    const { host, directory } = place;
    const path = join(directory, "file");
    await host.files.write(path, "from the file");

    const result = await host.processes.run(
      { program: "sh", args: ["-c", `exec 3<"$0"; cat <&3`, path] },
      { timeoutMs: 5_000 },
    );
    const child = await host.processes.spawn(
      { program: "sh", args: ["-c", "readlink /proc/self/fd/0 /proc/self/fd/2"] },
      { descriptors: { 0: { fd: 2 }, 2: { fd: 0 }, 1: "pipe-from-child" } },
    );
    const seen = (await readerOf(child).toArray()).join("").trim().split("\n");
    await child.exited;

    expect(result.stdout.toString()).toBe("from the file");
    expect(seen).toEqual([await readlink("/proc/self/fd/2"), await readlink("/proc/self/fd/0")]);
  });

  it("does not overwrite the source of a descriptor that comes later", async () => {
    const { host } = place;
    const free = Array.from({ length: 5 }, () => openSync("/dev/zero", "r"));
    const zero = openSync("/dev/zero", "r");
    for (const fd of free) closeSync(fd);

    const nothing = Object.fromEntries(free.map((fd) => [fd, "null" as const]));
    const child = await host.processes.spawn(
      { program: "readlink", args: ["/proc/self/fd/200"] },
      { descriptors: { ...nothing, 1: "pipe-from-child", 200: { fd: zero } } },
    );
    const seen = (await readerOf(child).toArray()).join("").trim();
    await child.exited;
    closeSync(zero);

    expect(seen).toBe("/dev/zero");
  });

  it("keeps from children what was open before Node started", async () => {
    const { host } = place;
    const script = `
      import { createLinuxHost } from ${JSON.stringify(import.meta.resolve("#host"))};
      const host = await createLinuxHost({ path: "/usr/bin:/bin" });
      const { stdout } = await host.processes.run({ program: "ls", args: ["/proc/self/fd"] }, { timeoutMs: 5000 });
      process.stdout.write(stdout);`;
    const start = 'exec 99</dev/null; exec "$0" --input-type=module --eval "$1"';

    const result = await host.processes.run(
      { program: "bash", args: ["-c", start, process.execPath, script] },
      { timeoutMs: 20_000 },
    );

    expect(result.stdout.toString().trim().split("\n")).toEqual(["0", "1", "2", "3"]);
  });

  it.each([undefined, "group", "session"] as const)(
    "resets the signals that Node ignores, leading %s",
    async (leads) => {
      const { host } = place;

      const child = await host.processes.spawn(
        { program: "cat", args: ["/proc/self/status"] },
        { descriptors: { 1: "pipe-from-child" }, ...(leads === undefined ? {} : { leads }) },
      );
      const status = (await readerOf(child).toArray()).join("");
      await child.exited;

      expect(/^SigIgn:\s*(\w+)/m.exec(status)?.[1]).toBe("0000000000000000");
      expect(/^SigBlk:\s*(\w+)/m.exec(status)?.[1]).toBe("0000000000000000");
    },
  );

  it("gives a child its environment and directory only", async () => {
    const { host, directory } = place;

    const given = await host.processes.run(
      { program: "sh", args: ["-c", "env; pwd"], env: { GREETING: "hi" }, cwd: directory },
      { timeoutMs: 5_000 },
    );
    const bare = await host.processes.run({ program: "env", args: [] }, { timeoutMs: 5_000 });

    expect(given.stdout.toString().split("\n").filter(Boolean).sort()).toEqual(
      [directory, "GREETING=hi", `PWD=${directory}`].sort(),
    );
    expect(bare.stdout.toString()).toMatch(/^PATH=[^\n]*\n$/);
  });

  it("puts a child that leads a session at the head of a group and a session of its own", async () => {
    const { pid, group, session } = await placeOfChild("session");

    expect([group, session]).toEqual([pid, pid]);
  });

  it("leaves a child that leads a group in the session that this process is in", async () => {
    const own = parsePlace(await readFile("/proc/self/stat", "utf8"));

    const { pid, group, session } = await placeOfChild("group");

    expect([group, session]).toEqual([pid, own.session]);
  });

  it("keeps a run in the daemon's session, in a group of its own", async () => {
    const own = parsePlace(await readFile("/proc/self/stat", "utf8"));

    const { stdout } = await place.host.processes.run(
      { program: "cat", args: ["/proc/self/stat"] },
      { timeoutMs: 5_000 },
    );

    const { pid, group, session } = parsePlace(stdout.toString());
    expect([group, session]).toEqual([pid, own.session]);
  });

  async function placeOfChild(leads: "group" | "session"): Promise<ReturnType<typeof parsePlace>> {
    const child = await place.host.processes.spawn({ program: "sleep", args: ["60"] }, { leads });
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
    child.kill(sigkill, "group");
    await child.exited;
    return parsePlace(stat);
  }

  it("returns when the program ends, although a grandchild holds its pipes", async () => {
    const { host } = place;

    const result = await host.processes.run(
      { program: "sh", args: ["-c", "sleep 60 & echo $!"] },
      { timeoutMs: 10_000 },
    );
    process.kill(Number(result.stdout.toString()), sigkill);

    expect(result).toMatchObject({ exitCode: 0, timedOut: false });
    expect(result.durationMs).toBeLessThan(5_000);
  });

  it.each([
    ["when both ignore TERM", "trap '' TERM; sleep 60 & echo $!; exec sleep 60"],
    ["when it alone ignores TERM", "(trap '' TERM; exec sleep 60) & echo $!; exec sleep 60"],
  ])("kills what a program started when it runs out of time, %s", async (_when, script) => {
    const { host } = place;

    const result = await host.processes.run({ program: "sh", args: ["-c", script] }, { timeoutMs: 200 });
    const grandchild = Number(result.stdout.toString());

    expect(result.timedOut).toBe(true);
    expect(grandchild).toBeGreaterThan(1);
    await expect.poll(() => host.processes.identify(grandchild)).toBeUndefined();
  });

  it("drains a pipe that is full when the program ends", async () => {
    const { host } = place;

    const result = await host.processes.run(
      { program: "sh", args: ["-c", "head -c 65536 /dev/zero; sleep 60 & echo $! >&2"] },
      { timeoutMs: 10_000 },
    );
    process.kill(Number(result.stderr.toString()), sigkill);

    expect(result.stdout).toHaveLength(65_536);
  });

  it("survives a program that does not read its input", async () => {
    const { host } = place;

    const result = await host.processes.run(
      { program: "true", args: [] },
      { timeoutMs: 5_000, stdin: Buffer.alloc(1_000_000) },
    );

    expect(result.exitCode).toBe(0);
  });

  it.each([
    ["a file that may not be executed", "file", "denied"],
    ["a program that is not there", "missing", "not-found"],
    ["a link to nowhere", "dangling", "not-found"],
  ])("names %s", async (_what, name, kind) => {
    const { host, directory } = place;
    await host.files.write(join(directory, "file"), "#!/bin/sh\n");
    await chmod(join(directory, "file"), 0o644);
    await symlink("nowhere", join(directory, "dangling"));
    const program = join(directory, name);

    const running = host.processes.run({ program, args: [] }, { timeoutMs: 5_000 });

    await expect(running).rejects.toMatchObject({ kind });
    await expect(running).rejects.toThrow(program);
  });

  it("names a working directory that is missing, and refuses a NUL byte", async () => {
    const { host, directory } = place;
    const cwd = join(directory, "missing");

    await expect(host.processes.run({ program: "true", args: [], cwd }, { timeoutMs: 5_000 })).rejects.toMatchObject({
      kind: "not-found",
      reason: { directory: cwd },
    });
    await expect(host.processes.run({ program: "true", args: ["a\0b"] }, { timeoutMs: 5_000 })).rejects.toMatchObject({
      kind: "invalid",
    });
  });

  it("leaves no descriptor open after starts that worked and starts that failed", async () => {
    const { host } = place;
    await host.processes.run({ program: "true", args: [] }, { timeoutMs: 5_000 });
    const before = await openDescriptors();

    for (let count = 0; count < 20; count += 1) {
      await host.processes.run({ program: "cat", args: [] }, { timeoutMs: 5_000, stdin: Buffer.from("x") });
      const missing = { program: "/missing", args: [] };
      await expect(host.processes.run(missing, { timeoutMs: 5_000 })).rejects.toThrow("/missing");
      host.processes.watch({ pid: process.pid })?.close();
    }

    expect(await openDescriptors()).toBe(before);
  });

  it("finds no process under a number that a thread has got meanwhile", async () => {
    const threads = (await readdir("/proc/self/task")).map(Number).filter((id) => id !== process.pid);

    const found = threads.map((pid) => place.host.processes.watch({ pid }));

    expect(found).toEqual(Array(threads.length).fill(undefined));
    expect(threads.length).toBeGreaterThan(0);
  });

  it("does not take a zombie for a live process", async () => {
    const { host } = place;
    // The shell does not wait for its child before it becomes sleep, which never does.
    const child = await host.processes.spawn(
      { program: "sh", args: ["-c", "sleep 0.1 & echo $!; exec sleep 60"] },
      { descriptors: { 1: "pipe-from-child" } },
    );
    const [line] = (await once(readerOf(child), "data")) as [Buffer];
    const pid = Number(line.toString());
    await host.processes.watch({ pid })?.ended;

    const state = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.[0];
    const found = [host.processes.identify(pid), host.processes.watch({ pid })];
    child.kill(sigkill);
    await child.exited;

    expect(state).toBe("Z");
    expect(found).toEqual([undefined, undefined]);
  });

  it("leaves no zombie of a child that has ended, also when nobody waits for it", async () => {
    const { host } = place;
    const children = await Promise.all(
      Array.from({ length: 20 }, () => host.processes.spawn({ program: "true", args: [] })),
    );

    const areGone = async (): Promise<boolean> => {
      const left = await Promise.all(children.map(({ pid }) => host.files.stat(`/proc/${pid}`)));
      return left.every((stat) => stat === undefined);
    };

    expect(await waitFor("the children to be reaped", areGone)).toBe(true);
  });

  it("runs many programs at once", async () => {
    const { host } = place;

    const runs = Array.from({ length: 100 }, (_value, index) =>
      host.processes.run({ program: "sh", args: ["-c", `echo ${index}; exit ${index}`] }, { timeoutMs: 30_000 }),
    );
    const results = await Promise.all(runs);

    expect(results.map(({ exitCode, stdout }) => [exitCode, Number(stdout)])).toEqual(
      Array.from({ length: 100 }, (_value, index) => [index, index]),
    );
  });

  it("starts a program from a copy in memory that nobody can change", async () => {
    const { host } = place;
    const before = await openDescriptors();

    const path = await host.processes.keepInMemory("echo");
    const { stdout } = await host.processes.run({ program: path, args: ["hello"] }, { timeoutMs: 5_000 });

    expect(stdout.toString()).toBe("hello\n");
    await expect(writeFile(path, "other")).rejects.toThrow(/EPERM|ETXTBSY/);
    closeSync(Number(path.split("/").at(-1)));
    expect(await openDescriptors()).toBe(before);
  });

  it("knows who connected to a unix socket", async () => {
    const { host, directory } = place;
    const server = createServer().listen(join(directory, "socket"));
    const client = connect(join(directory, "socket"));
    const [socket] = (await once(server, "connection")) as [Socket];

    const peer = host.peerCredentials(socket);
    client.destroy();
    socket.destroy();
    server.close();

    expect(peer).toEqual({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
    expect(() => host.peerCredentials(socket)).toThrow("it is closed");
  });
});

/** Takes a process's place out of its /proc/PID/stat; the name before it may hold any character. */
function parsePlace(stat: string): { readonly pid: number; readonly group: number; readonly session: number } {
  const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid: Number.parseInt(stat, 10), group: Number(group), session: Number(session) };
}

function readerOf(child: Child): Readable {
  const reader = child.readers[1];
  assert(reader !== undefined);
  return reader;
}

async function openDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}
