import { EventEmitter, once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerHandle, CreateRequest } from "#runtime";
import { listProcesses } from "../../support/host-observe.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openRuntimePlace, type RuntimePlace, readLog, type SpecChanges, shimWith } from "./place.ts";

const sigkill = 9;
const forever = ["/bin/sleep", "1000"];
const outputs = { tty: false, stdin: false, stdout: true, stderr: true };

describe("ShimRuntime", () => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace(shimWith());
  });

  afterEach(async () => {
    await place.dispose();
  });

  type Started = ContainerHandle & { readonly logPath: string };

  async function started(args: readonly string[], changes: SpecChanges = {}): Promise<Started> {
    return await run(await place.request(args, changes));
  }

  async function run(asked: CreateRequest): Promise<Started> {
    const container = await place.runtime.create(asked);
    await place.runtime.start(container);
    return { ...container, logPath: asked.logPath ?? "" };
  }

  /** A pod: the container that stands for it, and how others are made members. */
  async function pod(): Promise<{ sandbox: Started; member: (args: readonly string[]) => Promise<Started> }> {
    const asked = await place.request(forever, { request: { logPath: undefined } });
    const { sandbox: config } = place.input(forever);
    const membership = { sandboxId: asked.id, sandboxBundle: asked.bundleDirectory, config, annotations: {} };
    const sandbox = await run({ ...asked, pod: { ...membership, role: "sandbox" } });
    const member = async (args: readonly string[]): Promise<Started> => {
      return await run({ ...(await place.request(args)), pod: { ...membership, role: "container" } });
    };
    return { sandbox, member };
  }

  it("neither stalls a container nor loses a line while nobody drives it", async () => {
    const container = await started(["/bin/sh", "-c", "sleep 0.3; yes 0123456789 | head -n 40000; sleep 1000"]);

    await place.restart();

    await waitFor("all lines to be logged", async () => (await readLog(container.logPath)).length === 40_000);
    await place.runtime.kill(container, sigkill);
    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 137 });
  });

  it("tells the processes of the node by name, and which of them are commands", async () => {
    const container = await started(forever);
    const session = await place.runtime.exec(container, { ...outputs, command: forever });

    const both = expect.arrayContaining([
      { pid: container.init.pid, name: "sleep" },
      {
        pid: expect.any(Number) as unknown,
        name: "sleep",
        execId: expect.stringMatching(/^exec-[0-9a-f]+$/) as unknown,
      },
    ]) as unknown;
    await expect.poll(() => place.runtime.listProcesses(container)).toEqual(both);
    await session.close();
  });

  it("leaves nothing of a container whose log cannot be written", async () => {
    await mkdir(join(place.workspace.dir, "shims/log-writer"), { recursive: true });

    await expect(started(forever)).rejects.toMatchObject({ message: expect.stringContaining("log-writer") as unknown });

    const processes = await listProcesses(place.workspace);
    expect(processes.map(({ command }) => command)).toEqual([]);
  });

  it("works with what a daemon knows after a restart", async () => {
    const [running, ended, meanwhile] = [
      await started(forever),
      await started(["/bin/sh", "-c", "exit 5"]),
      await started(["/bin/sh", "-c", "sleep 0.2; echo bye; exit 6"]),
    ];
    await place.runtime.observeExit(ended);
    const later = await place.restart();

    const exit = await later.observeExit(ended);
    const unseen = await later.observeExit(meanwhile);
    const wasThere = await later.kill(running, sigkill);
    const killed = await later.observeExit(running);

    expect(exit).toMatchObject({ kind: "exited", exitCode: 5 });
    expect(unseen).toMatchObject({ kind: "exited", exitCode: 6 });
    expect(await readLog(meanwhile.logPath)).toEqual(["bye"]);
    expect(wasThere).toBe(true);
    expect(killed).toMatchObject({ kind: "exited", exitCode: 137 });
  });

  it("has one shim for a pod, which ends with its sandbox", async () => {
    const { sandbox, member } = await pod();
    const first = await member(forever);
    const second = await member(["/bin/sh", "-c", "exit 3"]);
    const exit = await place.runtime.observeExit(second);

    for (const container of [second, first]) await place.runtime.delete(container, { isForced: true });
    const between = await place.runtime.inspect(sandbox);
    await place.runtime.delete(sandbox, { isForced: true });

    expect([first.monitor, second.monitor]).toEqual([sandbox.monitor, sandbox.monitor]);
    expect(exit).toMatchObject({ exitCode: 3 });
    expect(between).toBe("running");
    expect(place.host.processes.identify(sandbox.monitor.pid)?.startTicks).not.toBe(sandbox.monitor.startTicks);
  });

  it("tells the containers of a shim that was killed, and ends them", async () => {
    const { sandbox, member } = await pod();
    const container = await member(["/bin/sh", "-c", "echo before; exec sleep 1000"]);
    await waitFor("the line", async () => (await readLog(container.logPath)).length === 1);
    const observing = place.runtime.observeExit(container);

    process.kill(sandbox.monitor.pid, "SIGKILL");

    await expect(observing).resolves.toMatchObject({
      kind: "monitor-lost",
      isRunning: false,
      told: { exitCode: 255, reason: "ShimLost", message: expect.stringContaining("the shim ended") as unknown },
    });
    expect(await readLog(container.logPath)).toEqual(["before"]);
    await waitFor("the process to end", async () => place.host.processes.identify(container.init.pid) === undefined);
    await expect(place.runtime.kill(container, sigkill)).resolves.toBe(false);
    await expect(place.runtime.inspect(container)).resolves.toBe("stopped");
  });

  it("ends the sessions of a shim that was killed, and lets nothing more come to its pod", async () => {
    const { sandbox, member } = await pod();
    const container = await member(forever);
    const command = await place.runtime.exec(container, { ...outputs, command: forever });
    const attached = await place.runtime.attach(container, outputs);
    const running = async (): Promise<number> => (await place.host.cgroups.pids(container.cgroupPath)).length;

    process.kill(sandbox.monitor.pid, "SIGKILL");

    await expect(command.ended).resolves.toMatchObject({ kind: "exited", exitCode: 137 });
    await expect(attached.ended).resolves.toMatchObject({ kind: "failed" });
    const files = await readdir(place.logDirectory);
    await expect(member(forever)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await readdir(place.logDirectory)).toEqual(files);
    await waitFor("the processes to end", async () => (await running()) === 0);
  });

  it("ends the daemons that a command has started with it, by a launcher that stands before the runtime", async () => {
    const container = await started(forever);
    const running = async (): Promise<readonly number[]> => await place.host.cgroups.pids(container.cgroupPath);
    const files = await readdir(container.bundleDirectory);
    // A session of its own, and a parent that has ended.
    const script = "(setsid sh -c 'sleep 1000 & exit'); echo away; sleep 1000";

    const session = await place.runtime.exec(container, { ...outputs, command: ["/bin/sh", "-c", script] });
    const [said] = (await once(session.stdout ?? new EventEmitter(), "data")) as [Buffer];
    const during = await running();
    await session.close();

    expect(said.toString()).toBe("away\n");
    // The container's first process, the command's, and the daemon.
    expect(during.length).toBeGreaterThan(2);
    await waitFor("its daemon to end", async () => (await running()).length === 1);
    expect(await readdir(container.bundleDirectory)).toEqual(files);
  });

  it("tells of a shim that was killed while nobody drove it", async () => {
    const container = await started(forever);
    const closed = place.restart();
    process.kill(container.monitor.pid, "SIGKILL");
    const later = await closed;

    await expect(later.observeExit(container)).resolves.toMatchObject({ told: { exitCode: 255 } });
    await expect(later.delete(container)).resolves.toBeUndefined();
  });

  it("delete() ends a shim that its daemon had no time to write down", async () => {
    const asked = await place.request(forever);
    const container = await place.runtime.create(asked);
    const { rm } = await import("node:fs/promises");
    await rm(join(asked.bundleDirectory, "shim.json"));

    await place.runtime.delete(asked, { isForced: true });

    expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
    expect(place.host.processes.identify(container.init.pid)).toBeUndefined();
  });

  it("delete() leaves the shim of a pod alone for a container whose daemon had no time to write it down", async () => {
    const { sandbox, member } = await pod();
    // What a new daemon does not know yet: that its shims take whole pods.
    await place.restart();
    const container = await member(forever);
    const { rm } = await import("node:fs/promises");
    await rm(join(container.bundleDirectory, "shim.json"));

    await place.runtime.delete(container, { isForced: true });

    expect(place.host.processes.identify(container.init.pid)).toBeUndefined();
    await expect(place.runtime.inspect(sandbox)).resolves.toBe("running");
  });

  it("puts a shim into the cgroup that the handler's options name", async () => {
    const { loadShimRuntime } = await import("#runtime");
    const { silentLogger } = await import("#foundation");
    const cgroup = `${place.workspace.cgroupParent}/shims`;
    await place.host.cgroups.ensure(cgroup);
    const runtime = await loadShimRuntime(
      {
        handler: "grouped",
        shimPath: "containerd-shim-runc-v2",
        root: join(place.workspace.dir, "grouped"),
        options: { shim_cgroup: cgroup },
      },
      { host: place.host, logger: silentLogger },
    );
    const asked = await place.request(forever);

    const { monitor } = await runtime.create(asked);
    const found = await place.host.cgroups.of(monitor.pid);
    await runtime.delete(asked, { isForced: true });
    await runtime.close();

    expect(found).toBe(cgroup);
  });

  it("names the program and what it said when the shim does not start", async () => {
    const { loadShimRuntime } = await import("#runtime");
    const { silentLogger } = await import("#foundation");
    const root = join(place.workspace.dir, "other");
    const runtime = await loadShimRuntime(
      { handler: "bad", shimPath: "/bin/false", root },
      { host: place.host, logger: silentLogger },
    );

    await expect(runtime.probe()).rejects.toMatchObject({
      kind: "unavailable",
      message: "run /bin/false: exit code 1: ",
    });
    await expect(runtime.create(await place.request(forever))).rejects.toMatchObject({
      kind: "broken",
      reason: { code: "runtime.shim-failed" },
    });
    await runtime.close();
  });
});
