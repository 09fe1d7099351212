import { readdir, readFile, readlink } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerHandle } from "#runtime";
import type { ProcessSession, WantedStreams } from "#spec";
import { openRuntimePlace, type RuntimePlace, readLog, type SpecChanges } from "../runtime/place.ts";
import { textOf, until } from "./session-io.ts";

const outputs = { tty: false, stdin: false, stdout: true, stderr: true };
const all = { ...outputs, stdin: true };
const terminal = { tty: true, stdin: true, stdout: true, stderr: false };

describe("attach sessions", () => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  interface Started extends ContainerHandle {
    readonly logPath: string;
  }

  async function start(script: string, changes: SpecChanges = {}): Promise<Started> {
    const asked = await place.request(["/bin/sh", "-c", script], changes);
    const created = await place.runtime.create(asked);
    await place.runtime.start(created);
    return { ...created, logPath: asked.logPath ?? "" };
  }

  function attach(container: ContainerHandle, wanted: WantedStreams): Promise<ProcessSession> {
    return place.runtime.attach(container, wanted);
  }

  it("keep both outputs apart, tell the exit code, and leave the log as it is", async () => {
    const container = await start("read x; echo out; echo err >&2; exit 5", { request: { hasStdin: true } });
    const session = await attach(container, all);

    session.stdin?.write("go\n");
    const [stdout, stderr, end] = await Promise.all([textOf(session.stdout), textOf(session.stderr), session.ended]);

    expect([stdout, stderr, end]).toEqual(["out\n", "err\n", { kind: "exited", exitCode: 5 }]);
    expect(await readLog(container.logPath)).toEqual(["out", "err"]);
  });

  it("give the same to several clients", async () => {
    const container = await start("read x; echo $x", { request: { hasStdin: true } });
    const [first, second] = [await attach(container, all), await attach(container, outputs)];

    first.stdin?.write("both\n");

    expect(await Promise.all([textOf(first.stdout), textOf(second.stdout)])).toEqual(["both\n", "both\n"]);
  });

  it("take large input", async () => {
    const container = await start("head -c 1000000 | wc -c", { request: { hasStdin: true } });
    const session = await attach(container, all);

    session.stdin?.write(Buffer.alloc(1_000_000, "x"));

    expect(await textOf(session.stdout)).toBe("1000000\n");
  });

  it("close the container's input when the first client ends, with stdin_once", async () => {
    const container = await start("cat; echo over", { request: { hasStdin: true, isStdinOnce: true } });
    const session = await attach(container, all);

    session.stdin?.end("last words\n");

    expect(await textOf(session.stdout)).toBe("last words\nover\n");
    expect(await session.ended).toEqual({ kind: "exited", exitCode: 0 });
  });

  it("close the container's input when the first client leaves, with stdin_once", async () => {
    const container = await start("cat; exit 6", { request: { hasStdin: true, isStdinOnce: true } });
    const session = await attach(container, all);

    await session.close();

    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 6 });
  });

  it("leave the container's input open for the next client, without stdin_once", async () => {
    const container = await start("read a; read b; echo $a $b", { request: { hasStdin: true } });
    const first = await attach(container, all);
    first.stdin?.end("one\n");
    await first.close();
    const second = await attach(container, all);

    second.stdin?.end("two\n");

    expect(await textOf(second.stdout)).toBe("one two\n");
  });

  it("that are closed leave the container running, and settle", async () => {
    const container = await start("while :; do echo tick; sleep 0.05; done");
    const session = await attach(container, outputs);
    await until(session.stdout, "tick");

    await session.close();

    expect(await session.ended).toMatchObject({ kind: "failed", fault: { kind: "canceled" } });
    expect(await place.runtime.inspect(container)).toBe("running");
  });

  it("never stall a container whose client does not read", async () => {
    const container = await start("read x; head -c 8000000 /dev/zero | tr '\\0' y; exit 3", {
      request: { hasStdin: true, logPath: undefined },
    });
    const lazy = await attach(container, all);
    const failure = new Promise<unknown>((resolve) => lazy.stdout?.once("error", resolve));

    lazy.stdin?.write("go\n");

    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 3 });
    expect(await failure).toMatchObject({ kind: "exhausted" });
    expect(await lazy.ended).toMatchObject({ kind: "failed", fault: { kind: "exhausted" } });
  });

  it("have the container's terminal, of the size that the client says", async () => {
    const waitForSize = "read x; until [ \"$(stty size)\" = '33 99' ]; do sleep 0.02; done; echo sized";
    const container = await start(waitForSize, { container: { hasTty: true }, request: { hasStdin: true } });
    const session = await attach(container, terminal);

    session.stdin?.write("\r");
    session.resize({ columns: 99, rows: 33 });

    expect(await textOf(session.stdout)).toContain("sized\r\n");
    expect(await session.ended).toEqual({ kind: "exited", exitCode: 0 });
    session.resize({ columns: 1, rows: 1 });
  });

  it("are refused for a container that has ended", async () => {
    const container = await start("true");
    await place.runtime.observeExit(container);

    await expect(attach(container, outputs)).rejects.toMatchObject({ kind: "wrong-state" });
  });

  it("give back what they took", async () => {
    const container = await start("sleep 1000", { request: { hasStdin: true } });
    const before = await descriptors();

    for (let round = 0; round < 20; round += 1) {
      const sessions = await Promise.all([attach(container, all), attach(container, outputs)]);
      await Promise.all(sessions.map((session) => session.close()));
    }

    // From the first session on, a shim's container is followed to its end, which takes one for all of them.
    await expect.poll(descriptors).toBeLessThanOrEqual(before + 1);
  });
});

/** How many there are in this process, without the connections by which shims tell of events, which they make when they like. */
async function descriptors(): Promise<number> {
  const events = await eventSockets();
  const targets = await Promise.all((await readdir("/proc/self/fd")).map(targetOf));
  return targets.filter((target) => target !== undefined && !events.has(target)).length;
}

/** Undefined of one that is closed meanwhile. */
async function targetOf(fd: string): Promise<string | undefined> {
  return await readlink(`/proc/self/fd/${fd}`).catch(() => undefined);
}

async function eventSockets(): Promise<ReadonlySet<string>> {
  const lines = (await readFile("/proc/net/unix", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    lines
      .filter(([, , , , , , , name]) => name?.endsWith("/events.sock"))
      .map(([, , , , , , inode]) => `socket:[${inode}]`),
  );
}
