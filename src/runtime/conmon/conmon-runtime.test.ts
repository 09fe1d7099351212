import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost, type FakeProcess, type FakeProgram } from "#host";
import { exampleInput } from "../fake/example-input.ts";
import { scriptLogWriter } from "../log-writer/fake-writer.ts";
import { encodeNewState, hurrySignal, place } from "../log-writer/state.ts";
import { buildContainerSpec } from "../spec/build-container-spec.ts";
import type { ContainerHandle, CreateRequest, OciRuntime } from "../types.ts";
import { createConmonRuntime } from "./conmon-runtime.ts";
import { exampleOptions } from "./fixtures.ts";

/** Process that a fake conmon reports as the container's first. */
let initPid: number;
let host: FakeHost;
let runtime: OciRuntime;
let runtimeCalls: string[];
/** What was told of lines that were dropped. */
let lost: number[];
/** What reopening a log fails with. */
let reopenErrno: number;

beforeEach(async () => {
  host = new FakeHost();
  runtimeCalls = [];
  lost = [];
  runtime = createConmonRuntime(exampleOptions, {
    host,
    logger: silentLogger,
    logObserver: { lost: ({ bytes }) => lost.push(bytes), restarted: () => undefined },
  });
  await host.files.makeDirectory("/log");
  reopenErrno = 0;
  scriptLogWriter(host, () => reopenErrno);
  host.processes.script(({ program, args }) => {
    if (program !== "/bin/runc") return undefined;
    runtimeCalls.push(args.slice(4).join(" "));
    return { exitCode: 0 };
  });
  initPid = host.processes.start({ program: "init", args: [] }).pid;
});

function request(changes: Partial<CreateRequest> = {}): CreateRequest {
  const { spec } = buildContainerSpec(exampleInput());
  return {
    id: "c1",
    bundleDirectory: "/b",
    logPath: "/log/0.log",
    hasStdin: false,
    isStdinOnce: false,
    spec,
    ...changes,
  };
}

/** A conmon that says something on its sync pipe and then does what the second part says. */
function monitorThat(says: string, then: FakeProgram = ({ ended }) => ended): void {
  host.processes.script(({ program }) =>
    program === "/bin/conmon"
      ? (process) => {
          process.write(3, says);
          return then(process);
        }
      : undefined,
  );
}

async function created(): Promise<ContainerHandle> {
  monitorThat(`{"data": ${initPid}}\n`);
  return runtime.create(request());
}

/** The writer of its log ends by the end of the pipe. */
function endMonitor({ monitor }: ContainerHandle): void {
  host.processes.signal(monitor.pid, 9);
  for (const { pid } of logWriters()) host.processes.signal(pid, 9);
}

function logWriters(): readonly FakeProcess[] {
  return host.processes.running.filter(({ command }) => command.program.endsWith("/log-writer"));
}

describe("create()", () => {
  it("gives processes by pid and start time, and writes config.json for root alone", async () => {
    const container = await created();

    expect(container.init).toEqual(host.processes.identify(initPid));
    expect(host.processes.identify(container.monitor.pid)).toEqual(container.monitor);
    expect(await host.files.stat("/b/config.json")).toMatchObject({ mode: 0o600 });
    expect(await host.files.readText("/b/monitor.json")).toContain(String(container.monitor.pid));
  });

  it("gives the runtime's words when it fails, and takes everything back", async () => {
    monitorThat('{"data": -1, "message": "{\\"level\\":\\"error\\",\\"msg\\":\\"no space\\"}\\n"}\n');

    await expect(runtime.create(request())).rejects.toMatchObject({ kind: "broken", message: "create c1: no space" });

    expect(host.processes.running.map(({ command }) => command.program)).toEqual(["init"]);
    expect(runtimeCalls).toEqual(["delete --force c1"]);
  });

  it("gives what conmon printed when it ends without a report", async () => {
    monitorThat("", () => ({ exitCode: 1, stderr: "conmon: option parsing failed\n" }));

    await expect(runtime.create(request())).rejects.toMatchObject({
      message: "create c1: the monitor ended without a report: conmon: option parsing failed",
    });
  });

  it("kills a monitor that takes too long", async () => {
    monitorThat("");

    const creating = runtime.create(request(), { signal: AbortSignal.timeout(20) });

    await expect(creating).rejects.toMatchObject({ kind: "timed-out" });
    expect(host.processes.running.map(({ command }) => command.program)).toEqual(["init"]);
  });

  it("removes a log file that is new, and keeps one that was there", async () => {
    const failing = '{"data": -1, "message": "no"}\n';
    monitorThat(failing, async () => {
      await host.files.write("/log/0.log", "");
      return {};
    });
    await expect(runtime.create(request())).rejects.toMatchObject({ kind: "broken" });
    const removed = await host.files.stat("/log/0.log");

    await host.files.write("/log/0.log", "an earlier attempt");
    await expect(runtime.create(request())).rejects.toMatchObject({ kind: "broken" });

    expect(removed).toBeUndefined();
    expect(await host.files.stat("/log/0.log")).toBeDefined();
  });

  it.each([
    ["an id that is an option", { id: "--root" }],
    ["an id that is a path", { id: "../c1" }],
    ["a log path that is not absolute", { logPath: "0.log" }],
  ])("refuses %s", async (_what, changes) => {
    await expect(runtime.create(request(changes))).rejects.toMatchObject({ kind: "invalid" });
  });
});

describe("observeExit()", () => {
  it("reads the exit file once the monitor has ended", async () => {
    const container = await created();
    const observing = runtime.observeExit(container);
    await host.files.write("/b/exit", "3");
    await host.files.write("/b/oom", "");

    endMonitor(container);

    await expect(observing).resolves.toMatchObject({ kind: "exited", exitCode: 3, wasOomKilled: true });
  });

  it.each([undefined, "", "-1", "999", "x"])("counts the monitor as lost when the exit file holds %j", async (text) => {
    const container = await created();
    if (text !== undefined) await host.files.write("/b/exit", text);

    endMonitor(container);

    await expect(runtime.observeExit(container)).resolves.toEqual({ kind: "monitor-lost", isRunning: true });
  });
});

describe("kill()", () => {
  it("signals nobody when the number belongs to another process by now", async () => {
    const container = await created();
    const another = { ...container, init: { ...container.init, startTicks: container.init.startTicks + 1n } };

    await expect(runtime.kill(another, 15)).resolves.toBe(false);
    await expect(runtime.kill(container, 15)).resolves.toBe(true);
  });
});

describe("delete()", () => {
  it("does not start the runtime for a container that it does not know", async () => {
    await runtime.delete({ id: "c1", bundleDirectory: "/b" });

    expect(runtimeCalls).toEqual([]);
  });

  it("asks the runtime, and kills a monitor that is left when forced", async () => {
    const container = await created();
    await host.files.makeDirectory("/run/runc/c1");

    await runtime.delete(container, { isForced: true });

    expect(runtimeCalls).toEqual(["delete --force c1"]);
    expect(host.processes.identify(container.monitor.pid)).toBeUndefined();
  });

  it("takes a lock alone, as runsc leaves it when it is killed early, for no container, and removes it", async () => {
    const container = await created();
    await host.files.makeDirectory("/run/runc");
    for (const name of ["c1_sandbox:c1.lock", "c2_sandbox:c2.lock"]) await host.files.write(`/run/runc/${name}`, "");

    expect(await runtime.inspect(container)).toBe("missing");
    await runtime.delete(container, { isForced: true });

    expect(runtimeCalls).toEqual([]);
    const locks = (await host.files.list("/run/runc")).filter((name) => name.endsWith(".lock"));
    expect(locks).toEqual(["c2_sandbox:c2.lock"]);
  });

  it("gives the runtime's words when it fails", async () => {
    await host.files.makeDirectory("/run/runc/c1");
    host.processes.script(({ program, args }) => {
      if (program !== "/bin/runc") return undefined;
      const isState = args.includes("state");
      return isState
        ? { stdout: '{"status":"stopped"}' }
        : { exitCode: 1, stderr: '{"level":"error","msg":"device or resource busy"}\n' };
    });

    await expect(runtime.delete({ id: "c1", bundleDirectory: "/b" })).rejects.toMatchObject({
      message: "delete c1: device or resource busy",
    });
  });
});

describe("the writer of the log", () => {
  it("is given the log, its memory, and the monitor's pipe", async () => {
    const container = await created();

    const [writer] = logWriters();

    expect(writer?.command.args).toEqual(["/log/0.log", "--log-of=/b"]);
    expect(await host.files.readText("/b/log-writer.json")).toContain(`"pid":${writer?.pid}`);
    expect(container.monitor.pid).not.toBe(writer?.pid);
  });

  it("is started again when it is killed before it is done, and goes with its container", async () => {
    const container = await created();
    const [first] = logWriters();
    await host.files.write("/b/log-writer.state", encodeNewState({ waitMs: 0 }));
    await host.files.makeDirectory(`/proc/${container.monitor.pid}/fd`);
    await host.files.write(`/proc/${container.monitor.pid}/fd/4`, "");
    const letGo = new AbortController();
    const observing = runtime.observeExit(container, { signal: letGo.signal });

    host.processes.signal(first?.pid ?? 0, 9);
    await expect.poll(() => logWriters().map(({ pid }) => pid === first?.pid)).toEqual([false]);
    letGo.abort(new Error("enough"));
    await expect(observing).rejects.toThrow("enough");
    await runtime.delete(container, { isForced: true });

    expect(logWriters()).toEqual([]);
  });

  it("is started later when it cannot be started now", async () => {
    const container = await created();
    const [first] = logWriters();
    await host.files.write("/b/log-writer.state", encodeNewState({ waitMs: 0 }));
    const opening = vi.spyOn(host.files, "openForChild");
    const letGo = new AbortController();
    const observing = runtime.observeExit(container, { signal: letGo.signal });

    host.processes.signal(first?.pid ?? 0, 9);
    await expect.poll(() => opening.mock.results[0]).toBeDefined();
    await expect(opening.mock.results[0]?.value).rejects.toMatchObject({ kind: "not-found" });
    await host.files.makeDirectory(`/proc/${container.monitor.pid}/fd`);
    await host.files.write(`/proc/${container.monitor.pid}/fd/4`, "");
    await expect.poll(() => logWriters()).toHaveLength(1);
    letGo.abort(new Error("enough"));
    await expect(observing).rejects.toThrow("enough");
  });

  it("waits for a full disk no longer once its container is to end", async () => {
    const container = await created();

    await runtime.kill(container, 15);

    expect(logWriters().map(({ signals }) => signals)).toEqual([[hurrySignal]]);
  });

  it("is told of once when it dropped lines, and to all who ask", async () => {
    const container = await created();
    const state = encodeNewState({ waitMs: 0 });
    state.writeBigInt64LE(1n, place.isDone);
    state.writeBigInt64LE(12n, place.lost);
    await host.files.write("/b/log-writer.state", state);
    await host.files.write("/b/exit", "0");
    endMonitor(container);

    const exits = [await runtime.observeExit(container), await runtime.observeExit(container)];

    expect(exits).toMatchObject(Array(2).fill({ kind: "exited", exitCode: 0, lostLogBytes: 12 }));
    expect(lost).toEqual([12]);
  });

  it("tells why it cannot reopen the log", async () => {
    const container = await created();
    reopenErrno = 28;

    await expect(runtime.reopenLog(container, "/log/0.log")).rejects.toMatchObject({
      kind: "exhausted",
      message: "reopen log of c1: write /log/0.log: no space left on device",
    });
    reopenErrno = 0;
    await expect(runtime.reopenLog(container, "/log/0.log")).resolves.toBeUndefined();
  });
});

describe("reopenLog() of a container whose monitor writes the log itself", () => {
  async function createdBefore(): Promise<ContainerHandle> {
    const container = await created();
    for (const name of ["log-writer.json", "log-writer.state"]) await host.files.remove(`/b/${name}`);
    return container;
  }

  it("waits until another file has the log's name", async () => {
    const container = await createdBefore();
    await host.files.write("/log/0.log", "old");
    const commanded = Promise.withResolvers<string>();
    host.files.makeFifo("/b/ctl", (command) => commanded.resolve(command.toString()));
    let isDone = false;

    const reopening = runtime.reopenLog(container, "/log/0.log").then(() => {
      isDone = true;
    });
    const command = await commanded.promise;
    await host.files.write("/log/0.log", "changed, but the same file");
    // Everything that can happen by itself in a machine of memory has happened after this.
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    const wasDone = isDone;
    await host.files.writeAtomic("/log/0.log", "");
    await reopening;

    expect([command, wasDone, isDone]).toEqual(["2 0 0\n", false, true]);
  });

  it("does not wait for a monitor that ends", async () => {
    const container = await createdBefore();
    host.files.makeFifo("/b/ctl", () => host.processes.signal(container.monitor.pid, 9));

    await expect(runtime.reopenLog(container, "/log/0.log")).rejects.toMatchObject({ kind: "wrong-state" });
  });
});

describe("update()", () => {
  it.each([
    ["the runtime", 0, ["update --resources - c1"], undefined],
    ["the cgroup itself, where the runtime has no update,", 128, [], { cpu: { shares: 200 } }],
  ])("gives the limits to %s", async (_whom, exitCode, called, limits) => {
    host.cgroups.place(initPid, "/pods/c1");
    const container = await created();
    host.processes.script(({ args }) => (args.join(" ") === "update --help" ? { exitCode } : undefined));

    await runtime.update(container, { resources: { cpu: { shares: 200 } }, oomScoreAdj: 0 });

    expect(runtimeCalls.filter((call) => call.startsWith("update"))).toEqual(called);
    expect(host.cgroups.limits.get("/pods/c1")).toEqual(limits);
  });
});

describe("execSync()", () => {
  /** The runtime refuses a command with these words; then something happens. */
  function refuseCommand(words: string, then: () => void): void {
    host.processes.script(({ program, args }) =>
      program === "/bin/runc" && args.includes("exec")
        ? (process) => {
            process.write(4, JSON.stringify({ level: "error", msg: words }));
            setTimeout(then, 10);
            return { exitCode: 1 };
          }
        : undefined,
    );
  }

  const command = { command: ["true"], timeoutMs: 0 };

  it("says of a container that is just being killed that it does not run, whatever the runtime says", async () => {
    const container = await created();
    refuseCommand("error executing setns process: exit status 1", () => host.processes.signal(initPid, 9));

    await expect(runtime.execSync(container, command)).rejects.toMatchObject({ kind: "wrong-state" });
  });

  it("says of one that runs on what the runtime says", async () => {
    const container = await created();
    refuseCommand("error executing setns process: exit status 1", () => undefined);

    const executing = runtime.execSync(container, command);

    await expect(executing).rejects.toMatchObject({
      kind: "broken",
      message: "exec in c1: error executing setns process: exit status 1",
    });
  });
});
