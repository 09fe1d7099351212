import { randomInt } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ContainerHandle, exampleMount } from "#runtime";
import { runtimeContract } from "../../contracts/runtime-contract.ts";
import { snapshotHost } from "../../support/host-snapshot.ts";
import { needing } from "../../support/needing.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openRuntimePlace, type RuntimePlace, readLog, type SpecChanges } from "./place.ts";

runtimeContract(`The runtime of ${handlerUnderTest().name}`, openRuntimePlace);

const sigkill = 9;
const forever = ["/bin/sleep", "1000"];
const outside = needing("show its processes to the node");
/** A mount of what is not there. */
const missingMount = { ...exampleMount, containerPath: "/data", hostPath: "/nosuch/directory" };

describe("containers", () => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  async function started(
    args: readonly string[],
    changes: SpecChanges = {},
  ): Promise<ContainerHandle & { readonly logPath: string }> {
    const asked = await place.request(args, changes);
    const container = await place.runtime.create(asked);
    await place.runtime.start(container);
    return { ...container, logPath: asked.logPath ?? "" };
  }

  it("has the whole log on disk when the exit is seen", async () => {
    const container = await started(["/bin/sh", "-c", "yes 0123456789 | head -n 20000; echo last >&2"]);

    await place.runtime.observeExit(container);

    const lines = await readLog(container.logPath);
    expect(lines).toHaveLength(20_001);
    expect(lines).toContain("last");
  });

  it("gives 128 and the number of the signal that ended a container", async () => {
    // In a namespace of its own the process would be number 1, which takes no signal of its own.
    const namespaces = { network: "new", ipc: "new", uts: "new", pid: "host" } as const;
    const container = await started(["/bin/sh", "-c", "kill -SEGV $$"], { input: { namespaces } });

    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ kind: "exited", exitCode: 139 });
  });

  it("keeps standard input open when it is wanted, and else gives its end", async () => {
    const without = await started(["/bin/cat"]);
    const withInput = await started(["/bin/cat"], { request: { hasStdin: true } });

    await expect(place.runtime.observeExit(without)).resolves.toMatchObject({ exitCode: 0 });

    await expect(place.runtime.inspect(withInput)).resolves.toBe("running");
  });

  it("create() that fails leaves neither process nor log nor cgroup", async () => {
    const before = await snapshotHost(place.workspace);
    const asked = await place.request(forever, { container: { mounts: [missingMount] } });

    await expect(place.runtime.create(asked)).rejects.toMatchObject({ kind: "broken" });

    expect(await readdir(place.logDirectory)).toEqual([]);
    expect(await snapshotHost(place.workspace)).toEqual(before);
  });

  it("create() or start() tells a file that is no program from one that is missing", async () => {
    const { runtime, request } = place;
    const asked = await request(["/etc/passwd"]);

    await expect(runtime.create(asked).then((made) => runtime.start(made))).rejects.toMatchObject({
      kind: "denied",
      reason: { code: "runtime.command-not-executable" },
    });
  });

  it("create() says what the runtime says when it fails otherwise", needing("say why a mount failed"), async () => {
    const asked = await place.request(forever, { container: { mounts: [missingMount] } });

    await expect(place.runtime.create(asked)).rejects.toMatchObject({
      kind: "broken",
      reason: { code: "runtime.failed", said: expect.stringContaining("/nosuch/directory") as unknown },
    });
  });

  it("create() without a directory for the log fails before anything is started", async () => {
    const asked = await place.request(forever, { request: { logPath: "/nosuch/directory/0.log" } });

    await expect(place.runtime.create(asked)).rejects.toMatchObject({
      kind: "not-found",
      reason: { code: "runtime.no-log-directory" },
    });
  });

  it("create() that is cancelled at any moment leaves nothing behind", async () => {
    const before = await snapshotHost(place.workspace);

    for (let round = 0; round < 12; round += 1) {
      const asked = await place.request(forever);
      const creating = place.runtime.create(asked, { signal: AbortSignal.timeout(randomInt(1, 30)) });
      const outcome = await creating.then(
        (container) => place.runtime.delete(container, { isForced: true }),
        (error: unknown) => error,
      );
      expect([undefined, "timed-out"]).toContain((outcome as { kind?: string } | undefined)?.kind);
      await expect(place.runtime.inspect(asked)).resolves.toBe("missing");
    }

    await waitFor("processes to end", async () => (await snapshotHost(place.workspace))["processes"]?.length === 0);
    expect(await snapshotHost(place.workspace)).toEqual(before);
  });

  it("works with what a daemon knows after a restart", async () => {
    const running = await started(forever);
    const ended = await started(["/bin/sh", "-c", "exit 5"]);
    await place.runtime.observeExit(ended);
    const later = await place.restart();

    const exit = await later.observeExit(ended);
    const wasThere = await later.kill(running, sigkill);
    const killed = await later.observeExit(running);

    expect(exit).toMatchObject({ kind: "exited", exitCode: 5 });
    expect(wasThere).toBe(true);
    expect(killed).toMatchObject({ kind: "exited", exitCode: 137 });
  });

  it("tells that a container was killed for its memory", async () => {
    const resources = {
      cpuPeriod: 0,
      cpuQuota: 0,
      cpuShares: 0,
      memoryLimitBytes: 16 * 1024 * 1024,
      memorySwapLimitBytes: 0,
      oomScoreAdj: 0,
      cpusetCpus: "",
      cpusetMems: "",
      hugepageLimits: [],
      unified: {},
    };
    const container = await started(["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=200M"], {
      container: { resources },
    });

    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 137, wasOomKilled: true });
  });

  it("killAll() ends all processes of a container, in whatever namespace", outside, async () => {
    // In the machine's PID namespace the kernel does not end the others with the first one.
    const namespaces = { network: "new", ipc: "new", uts: "new", pid: "host" } as const;
    const container = await started(["/bin/sh", "-c", "setsid sleep 1000 & exec sleep 1000"], {
      input: { namespaces },
    });
    await waitFor("two processes", async () => (await place.host.cgroups.pids(container.cgroupPath)).length === 2);

    await place.runtime.killAll(container);

    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 137 });
    await waitFor("all to end", async () => (await place.host.cgroups.pids(container.cgroupPath)).length === 0);
  });
});

describe("reopenLog()", () => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("goes on in a new file when the old one was moved away, and loses no line", async () => {
    const asked = await place.request(["/bin/sh", "-c", "for i in $(seq 1 300); do echo $i; done; sleep 1000"]);
    const logPath = asked.logPath ?? "";
    const container = await place.runtime.create(asked);
    await place.runtime.start(container);
    await waitFor("output", async () => (await readLog(logPath)).length > 0);

    await rename(logPath, `${logPath}.1`);
    await place.runtime.reopenLog(container, logPath);

    const all = async (): Promise<readonly string[]> => [
      ...(await readLog(`${logPath}.1`)),
      ...(await readLog(logPath)),
    ];
    await waitFor("all lines", async () => (await all()).length === 300);
    expect(await all()).toEqual(Array.from({ length: 300 }, (_, index) => String(index + 1)));
  });

  it("refuses a directory that is not there, and the container goes on", async () => {
    const container = await place.runtime.create(await place.request(forever));
    await place.runtime.start(container);

    const reopening = place.runtime.reopenLog(container, "/nosuch/directory/0.log");

    await expect(reopening).rejects.toMatchObject({ kind: "not-found" });
    expect(place.host.processes.identify(container.monitor.pid)).toEqual(container.monitor);
  });
});
