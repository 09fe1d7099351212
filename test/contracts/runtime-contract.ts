import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { checkpointContract } from "./checkpoint-contract.ts";
import { forever, type RuntimeUnderTest, sigkill, started } from "./runtime-under-test.ts";

const sigterm = 15;

/** What every form of {@link OciRuntime} promises. */
export function runtimeContract(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} keeps the contract of OciRuntime`, () => {
    let under: RuntimeUnderTest;

    beforeEach(async () => {
      under = await open();
    });

    afterEach(async () => {
      await under.dispose();
    });

    probeContract(() => under);
    createContract(() => under);
    updateContract(() => under);
    exitContract(() => under);
    deleteContract(() => under);
    logContract(() => under);
    execContract(() => under);
    sessionContract(() => under);
    processesContract(() => under);
    checkpointContract(() => under);
  });
}

function probeContract(under: () => RuntimeUnderTest): void {
  it("probe() names the runtime and its version", async () => {
    const features = await under().runtime.probe();

    expect(features.name).not.toBe("");
    expect(features.version).toMatch(/^\d+\.\d+/);
    expect(features.monitorVersion).toMatch(/^\d+\.\d+/);
  });
}

function createContract(under: () => RuntimeUnderTest): void {
  describe("create and start", () => {
    it("create() makes a container that waits, start() lets it run", async () => {
      const { runtime, request } = under();

      const container = await runtime.create(await request(forever));
      const before = await runtime.inspect(container);
      await runtime.start(container);
      const after = await runtime.inspect(container);

      expect([before, after]).toEqual(["created", "running"]);
      expect(container.init.pid).toBeGreaterThan(1);
      expect(container.monitor.pid).not.toBe(container.init.pid);
    });

    it("create() or start() refuses a command that is not in the image", async () => {
      const { runtime, request } = under();
      const asked = await request(["/bin/nosuch"]);

      await expect(runtime.create(asked).then((made) => runtime.start(made))).rejects.toMatchObject({
        kind: "not-found",
        reason: { code: "runtime.command-not-found" },
      });
      await runtime.delete(asked, { isForced: true });
      await expect(runtime.inspect(asked)).resolves.toBe("missing");
    });

    it("create() that is cancelled leaves no container", async () => {
      const { runtime, request } = under();
      const asked = await request(forever);

      await expect(runtime.create(asked, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "canceled" });
      await expect(runtime.inspect(asked)).resolves.toBe("missing");
    });
  });
}

function updateContract(under: () => RuntimeUnderTest): void {
  describe("update", () => {
    const update = { resources: { cpu: { shares: 200 } }, oomScoreAdj: 500 };

    it("update() gives a running container other limits", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      await runtime.update(container, update);

      await expect(runtime.inspect(container)).resolves.toBe("running");
    });

    it("update() says that a container has ended", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      await expect(runtime.update(container, update)).rejects.toMatchObject({ kind: "wrong-state" });
    });
  });
}

function exitContract(under: () => RuntimeUnderTest): void {
  describe("exit", () => {
    it("observeExit() tells the exit code and when it was", async () => {
      const { runtime } = under();
      const before = BigInt(Date.now() - 1_000) * 1_000_000n;
      const container = await started(under(), ["/bin/sh", "-c", "exit 3"]);

      const exit = await runtime.observeExit(container);

      expect(exit).toMatchObject({ kind: "exited", exitCode: 3, wasOomKilled: false });
      expect(exit.kind === "exited" && exit.finishedAtNanos > before).toBe(true);
    });

    it("observeExit() of a container that has ended answers the same again", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);

      const first = await runtime.observeExit(container);
      const second = await runtime.observeExit(container);

      expect(second).toEqual(first);
    });

    it("observeExit() ends with its signal and leaves the container alone", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const observing = runtime.observeExit(container, { signal: AbortSignal.timeout(50) });

      await expect(observing).rejects.toMatchObject({ name: "TimeoutError" });
      await expect(runtime.inspect(container)).resolves.toBe("running");
    });

    it("kill() ends a container, and says later that there is nobody to signal", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const wasThere = await runtime.kill(container, sigkill);
      const exit = await runtime.observeExit(container);
      const isThere = await runtime.kill(container, sigterm);

      expect(exit).toMatchObject({ kind: "exited", exitCode: 137 });
      expect([wasThere, isThere]).toEqual([true, false]);
    });

    it("killAll() ends a container", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      await runtime.killAll(container);

      await expect(runtime.observeExit(container)).resolves.toMatchObject({ kind: "exited", exitCode: 137 });
    });
  });
}

function deleteContract(under: () => RuntimeUnderTest): void {
  describe("delete", () => {
    it("delete() of a container that there never was succeeds", async () => {
      const { runtime, request } = under();
      const { id, bundleDirectory } = await request(forever);

      await expect(runtime.delete({ id, bundleDirectory })).resolves.toBeUndefined();
      await expect(runtime.delete({ id, bundleDirectory }, { isForced: true })).resolves.toBeUndefined();
    });

    it("delete() removes a container that has ended, also twice", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      await runtime.delete(container);
      await runtime.delete(container);

      await expect(runtime.inspect(container)).resolves.toBe("missing");
    });

    it("delete() leaves a container alone that runs, unless it is forced", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      await expect(runtime.delete(container)).rejects.toMatchObject({ kind: "wrong-state" });
      const between = await runtime.inspect(container);
      await runtime.delete(container, { isForced: true });

      expect(between).toBe("running");
      await expect(runtime.inspect(container)).resolves.toBe("missing");
    });

    it("delete() removes a container that was never started", async () => {
      const { runtime, request } = under();
      const container = await runtime.create(await request(forever));

      await runtime.delete(container, { isForced: true });

      await expect(runtime.inspect(container)).resolves.toBe("missing");
    });
  });
}

function logContract(under: () => RuntimeUnderTest): void {
  describe("log", () => {
    it("reopenLog() works while the container runs, and not after", async () => {
      const { runtime, request } = under();
      const asked = await request(forever);
      const logPath = asked.logPath ?? "";
      const container = await runtime.create(asked);
      await runtime.start(container);

      await expect(runtime.reopenLog(container, logPath)).resolves.toBeUndefined();
      await runtime.kill(container, sigkill);
      await runtime.observeExit(container);

      await expect(runtime.reopenLog(container, logPath)).rejects.toMatchObject({ kind: "wrong-state" });
    });
  });
}

function execContract(under: () => RuntimeUnderTest): void {
  describe("execSync", () => {
    it("execSync() gives output and exit code", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const said = await runtime.execSync(container, { command: ["/bin/echo", "hello"], timeoutMs: 0 });
      const failed = await runtime.execSync(container, { command: ["/bin/sh", "-c", "exit 7"], timeoutMs: 5_000 });

      expect(said).toEqual({ exitCode: 0, stdout: Buffer.from("hello\n"), stderr: Buffer.alloc(0) });
      expect(failed.exitCode).toBe(7);
    });

    it("execSync() ends a command that takes too long, and only that", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const executing = runtime.execSync(container, { command: forever, timeoutMs: 300 });

      await expect(executing).rejects.toMatchObject({ kind: "timed-out", reason: { code: "runtime.exec-timed-out" } });
      await expect(runtime.inspect(container)).resolves.toBe("running");
    });

    it("execSync() refuses a command that is not there", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const executing = runtime.execSync(container, { command: ["/bin/nosuch"], timeoutMs: 0 });

      await expect(executing).rejects.toMatchObject({
        kind: "not-found",
        reason: { code: "runtime.command-not-found" },
      });
    });

    it("execSync() refuses a container that has ended", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      const executing = runtime.execSync(container, { command: ["/bin/true"], timeoutMs: 0 });

      await expect(executing).rejects.toMatchObject({ kind: "wrong-state" });
    });

    it("execSync() ends when the container does", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const executing = runtime.execSync(container, { command: forever, timeoutMs: 0 });
      await runtime.killAll(container);

      // It may have been too early for a process that could be killed.
      const ended = await executing.then(
        ({ exitCode }) => exitCode,
        (error: unknown) => Fault.from(error).kind,
      );
      expect([137, "wrong-state"]).toContain(ended);
    });
  });
}

const outputs = { tty: false, stdin: false, stdout: true, stderr: false };

function sessionContract(under: () => RuntimeUnderTest): void {
  describe("sessions", () => {
    it("exec() gives output and exit code", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const session = await runtime.exec(container, { ...outputs, command: ["/bin/echo", "hello"] });
      const said = Buffer.concat((await session.stdout?.toArray()) as Buffer[]).toString();

      expect([said, await session.ended]).toEqual(["hello\n", { kind: "exited", exitCode: 0 }]);
      await session.close();
    });

    it("exec() refuses a command that is not there", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      const executing = runtime.exec(container, { ...outputs, command: ["/bin/nosuch"] });

      await expect(executing).rejects.toMatchObject({
        kind: "not-found",
        reason: { code: "runtime.command-not-found" },
      });
    });

    it("a session of a command ends when it is closed, and its container runs on", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);
      const session = await runtime.exec(container, { ...outputs, command: forever });

      await session.close();
      await session.close();

      await expect(session.ended).resolves.toBeDefined();
      await expect(runtime.inspect(container)).resolves.toBe("running");
    });

    it("a session that is attached ends with its container", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);
      const session = await runtime.attach(container, outputs);

      await runtime.killAll(container);

      await expect(session.ended).resolves.toEqual({ kind: "exited", exitCode: 137 });
      await expect(session.stdout?.toArray()).resolves.toEqual([]);
    });

    it("exec() and attach() refuse a container that has ended", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      const executing = runtime.exec(container, { ...outputs, command: ["/bin/true"] });

      await expect(executing).rejects.toMatchObject({ kind: "wrong-state" });
      await expect(runtime.attach(container, outputs)).rejects.toMatchObject({ kind: "wrong-state" });
    });
  });
}

function processesContract(under: () => RuntimeUnderTest): void {
  describe("processes", () => {
    it("listProcesses() tells of the first process, and of commands for as long as they run", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);
      const pids = async (): Promise<readonly number[]> =>
        (await runtime.listProcesses(container)).map(({ pid }) => pid);
      await expect.poll(pids).toEqual([expect.any(Number)]);
      const [first] = await pids();

      const session = await runtime.exec(container, { ...outputs, command: forever });
      await expect.poll(pids).toHaveLength(2);
      const during = await pids();
      await session.close();

      expect(during).toContain(first);
      await expect.poll(pids).toEqual([first]);
    });

    it("listProcesses() refuses a container that has ended", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      await expect(runtime.listProcesses(container)).rejects.toMatchObject({ kind: "wrong-state" });
    });
  });
}
