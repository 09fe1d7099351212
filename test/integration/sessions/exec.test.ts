import { readdir } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ContainerHandle, ExecRequest } from "#runtime";
import type { ProcessEnd, ProcessSession } from "#spec";
import { needing } from "../../support/needing.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leftInside } from "../runtime/left-inside.ts";
import { openRuntimePlace, type RuntimePlace } from "../runtime/place.ts";
import { outcome, shell, textOf, until } from "./session-io.ts";

const killed = { kind: "exited", exitCode: 137 };

describe("exec sessions", () => {
  let place: RuntimePlace;
  let container: ContainerHandle;

  beforeAll(async () => {
    place = await openRuntimePlace();
  });

  beforeEach(async () => {
    container = await start(["/bin/sleep", "1000"]);
  });

  afterEach(async () => {
    await place.runtime.delete(container, { isForced: true });
  });

  afterAll(async () => {
    await place.dispose();
  });

  async function start(args: readonly string[]): Promise<ContainerHandle> {
    const created = await place.runtime.create(await place.request(args));
    await place.runtime.start(created);
    return created;
  }

  function exec(request: ExecRequest, within = container): Promise<ProcessSession> {
    return place.runtime.exec(within, request);
  }

  async function expectNoOthers(): Promise<void> {
    await waitFor("everything to end", async () => (await leftInside(place, container)).length === 0);
    expect(await leftInside(place, container)).toEqual([]);
  }

  it("keep both outputs apart and tell the exit code", async () => {
    const session = await exec(shell("echo out; echo err >&2; exit 7"));

    expect(await outcome(session)).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 7 });
  });

  it("give input on, and its end", async () => {
    const session = await exec(shell("cat; echo end", { stdin: true, stdout: true }));

    session.stdin?.write("one ");
    const echoed = await until(session.stdout, "one ");
    session.stdin?.end("two ");

    expect([echoed, await textOf(session.stdout)]).toEqual(["one ", "two end\n"]);
    expect(await session.ended).toEqual({ kind: "exited", exitCode: 0 });
  });

  it("have only the streams that were asked for", async () => {
    const session = await exec(shell("echo lost; echo kept >&2; cat", { stderr: true }));

    expect([session.stdin, session.stdout, await textOf(session.stderr)]).toEqual([undefined, undefined, "kept\n"]);
  });

  it.each([
    ["pipes", { stdout: true }],
    ["a terminal", { tty: true, stdout: true }],
  ])("give their process no descriptors but %s", async (_what, wanted) => {
    const session = await exec(shell("ls -1 /proc/self/fd", wanted));

    // 3 is the directory that ls itself has open.
    expect((await textOf(session.stdout)).trim().split(/\s+/)).toEqual(["0", "1", "2", "3"]);
  });

  it("survive a client that goes on writing after the end", async () => {
    const session = await exec(shell("exit 0", { stdin: true }));
    await session.ended;

    for (let count = 0; count < 20; count += 1) session.stdin?.write(Buffer.alloc(65_536));

    await expect(session.close()).resolves.toBeUndefined();
  });

  it("refuse a command that is not there", async () => {
    await expect(exec({ ...shell(""), command: ["/bin/nosuch"] })).rejects.toMatchObject({ kind: "not-found" });
    await expect(exec({ ...shell("", { tty: true, stdout: true }), command: ["/bin/nosuch"] })).rejects.toMatchObject({
      kind: "not-found",
    });
  });

  describe("whose client leaves", () => {
    it.each([
      ["that runs", "sleep 1000"],
      ["with children", "sleep 1000 & sleep 1000"],
      ["with children in sessions of their own", "setsid sleep 1000 & (sleep 1000 &); sleep 1000"],
      ["that ignores signals", "trap '' TERM HUP INT; (sleep 1000; sleep 1000)"],
    ])("end a process %s", async (_what, script) => {
      expect(await leave(`${script} & echo up; wait`)).toEqual(killed);
      await expectNoOthers();
    });
  });

  it("end a process with daemons when the client leaves", needing("end daemons of commands"), async () => {
    expect(
      await leave("(setsid sh -c 'sleep 1000 & exit') ; (setsid setsid sleep 1000 &) ; sleep 1000 & echo up; wait"),
    ).toEqual(killed);
    await expectNoOthers();
  });

  /** Starts a script that says that it is up, and leaves it. */
  async function leave(script: string): Promise<ProcessEnd> {
    const session = await exec(shell(script, { stdin: true, stdout: true, stderr: true }));
    await until(session.stdout, "up");
    await session.close();
    return await session.ended;
  }

  it("end what was being started when the client leaves meanwhile", async () => {
    for (const afterMs of [0, 1, 3, 6, 10, 15, 25]) {
      const signal = AbortSignal.timeout(afterMs);
      const opening = place.runtime.exec(container, shell("sleep 1000 & sleep 1000", { stdin: true }), { signal });
      await opening.then(
        (session) => session.close(),
        (error: unknown) => expect(error).toMatchObject({ kind: "timed-out" }),
      );
    }

    await expectNoOthers();
  });

  it("end, output too, when a process that stays behind holds them open", async () => {
    const session = await exec(shell("echo first; sleep 1000 & exit 3"));

    expect(await outcome(session)).toEqual({ stdout: "first\n", stderr: "", exitCode: 3 });
    expect(await leftInside(place, container)).toHaveLength(1);
  });

  it("lose nothing of an output that is read slowly", async () => {
    const session = await exec(shell("head -c 3000000 /dev/zero; sleep 1000 &", { stdout: true }));
    await until(session.stdout, "\0");

    const rest = new Promise((resolve) => setTimeout(resolve, 1_000)).then(() => textOf(session.stdout));

    expect((await rest).length).toBeGreaterThan(2_800_000);
  });

  it("stop a command whose output nobody reads", async () => {
    const session = await exec(shell("yes", { stdout: true }));
    await until(session.stdout, "y");

    expect(session.stdout?.readableLength).toBeLessThan(1_000_000);
    await session.close();
    await expectNoOthers();
  });

  it("end when the container does", async () => {
    const shortLived = await start(["/bin/sleep", "1000"]);
    const plain = await exec(shell("sleep 1000"), shortLived);
    const terminal = await exec(shell("sleep 1000", { tty: true, stdin: true, stdout: true }), shortLived);

    await place.runtime.killAll(shortLived);

    expect(await plain.ended).toEqual({ kind: "exited", exitCode: 137 });
    expect(await terminal.ended).toEqual({ kind: "exited", exitCode: 137 });
    await expect(place.runtime.observeExit(shortLived)).resolves.toMatchObject({ kind: "exited" });
    await expect(exec(shell("true"), shortLived)).rejects.toMatchObject({ kind: "wrong-state" });
  });

  describe("with a terminal", () => {
    const terminal = { tty: true, stdin: true, stdout: true };

    it("have one, of the size that the client says", needing("name its terminal"), async () => {
      const session = await exec(shell("read x; tty; stty size; read x; stty size; exit 4", terminal));

      session.resize({ columns: 80, rows: 24 });
      session.stdin?.write("\r");
      const first = await until(session.stdout, "80\r\n");
      session.resize({ columns: 132, rows: 50 });
      session.stdin?.write("\r");
      const second = await textOf(session.stdout);

      expect(first).toContain("/dev/pts/");
      expect(first).toContain("24 80\r\n");
      expect(second).toContain("50 132\r\n");
      expect(await session.ended).toEqual({ kind: "exited", exitCode: 4 });
      session.resize({ columns: 1, rows: 1 });
    });

    it("are interrupted by a control character", async () => {
      const session = await exec(
        shell("trap 'echo caught; exit 9' INT; echo up; while :; do sleep 0.05; done", terminal),
      );
      await until(session.stdout, "up\r\n");

      session.stdin?.write("\u0003");

      expect(await textOf(session.stdout)).toContain("caught");
      expect(await session.ended).toEqual({ kind: "exited", exitCode: 9 });
    });

    it("end their process when the client leaves", async () => {
      const session = await exec(shell("trap '' HUP; sleep 1000 & echo up; wait", terminal));
      await until(session.stdout, "up");

      await session.close();

      expect(await session.ended).toMatchObject({ kind: "exited" });
      await expectNoOthers();
    });

    it("end their output with the process, also when one stays behind", async () => {
      const session = await exec(shell("trap '' HUP; sleep 1000 & echo bye", terminal));

      expect(await textOf(session.stdout)).toContain("bye\r\n");
      await outcome(await exec(shell("kill -9 -1")));
      await expectNoOthers();
    });
  });

  it("leave neither descriptors nor files, 200 of them at once", { timeout: 120_000 }, async () => {
    const openBefore = (await readdir("/proc/self/fd")).length;
    const filesBefore = await readdir(container.bundleDirectory);

    const sessions = await Promise.all(
      Array.from({ length: 200 }, () => exec(shell("cat", { stdin: true, stdout: true }))),
    );
    for (const [index, session] of sessions.entries()) session.stdin?.end(`${index}`);
    const said = await Promise.all(sessions.map(({ stdout }) => textOf(stdout)));
    const ends = await Promise.all(sessions.map(({ ended }) => ended));

    expect(said).toEqual(sessions.map((_session, index) => `${index}`));
    expect(new Set(ends.map((end) => JSON.stringify(end)))).toEqual(new Set(['{"kind":"exited","exitCode":0}']));
    // The file of a command's number goes after its end was told.
    await waitFor("the commands' files to go", async () => {
      return (await readdir(container.bundleDirectory)).length <= filesBefore.length;
    });
    expect(await readdir(container.bundleDirectory)).toEqual(filesBefore);
    await waitFor("descriptors to close", async () => (await readdir("/proc/self/fd")).length <= openBefore + 2);
    await expectNoOthers();
  });
});
