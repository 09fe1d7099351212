import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ContainerHandle, ExecSyncResult } from "#runtime";
import { grpcMessageLimitBytes } from "#spec";
import { listCgroups } from "../../support/host-observe.ts";
import { killIfThere } from "../../support/host-reclaim.ts";
import { needing } from "../../support/needing.ts";
import { slowness } from "../../support/slowness.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leftInside } from "./left-inside.ts";
import { openRuntimePlace, type RuntimePlace } from "./place.ts";

describe("execSync()", () => {
  let place: RuntimePlace;
  let container: ContainerHandle;

  beforeAll(async () => {
    place = await openRuntimePlace();
  });

  beforeEach(async () => {
    const user = { uid: 1000, gid: 1001, additionalGids: [1001, 2000] };
    const asked = await place.request(["/bin/sleep", "1000"], {
      container: { environment: [{ key: "COLOUR", value: "green" }], workingDirectory: "/tmp" },
      input: { user },
      policy: { rlimits: [{ type: "RLIMIT_CORE", soft: 0n, hard: 18_446_744_073_709_551_615n }] },
    });
    container = await place.runtime.create(asked);
    await place.runtime.start(container);
  });

  afterEach(async () => {
    await place.runtime.delete(container, { isForced: true });
  });

  afterAll(async () => {
    await place.dispose();
  });

  /** What one test leaves when it fails, the next one must not meet. */
  afterEach(async () => {
    for (const pid of await others()) killIfThere(pid);
    await waitFor("the end of all commands", async () => (await others()).length === 0);
  });

  async function shell(script: string, timeoutMs = 0, signal?: AbortSignal): Promise<ExecSyncResult> {
    const options = signal === undefined ? {} : { signal };
    return place.runtime.execSync(container, { command: ["/bin/sh", "-c", script], timeoutMs }, options);
  }

  /** Processes of the container besides its first one; those that are dying are gone in a moment. */
  async function others(): Promise<readonly number[]> {
    return (await place.host.cgroups.pids(container.cgroupPath)).filter((pid) => pid !== container.init.pid);
  }

  /** What is made for commands below the container's cgroup, in any hierarchy. */
  async function cgroupsOfCommands(): Promise<readonly string[]> {
    const found = await listCgroups(place.workspace);
    return found.filter((directory) => directory.includes("/exec-"));
  }

  it("runs as the container does: user, groups, environment, directory", async () => {
    const { stdout } = await shell("id -u; id -G; echo $COLOUR; pwd");

    expect(stdout.toString()).toBe("1000\n1001 2000\ngreen\n/tmp\n");
  });

  it("runs with the container's filter of system calls", needing("tell of privileges in /proc"), async () => {
    const { stdout } = await shell("grep Seccomp: /proc/self/status");

    expect(stdout.toString()).toBe("Seccomp:\t2\n");
  });

  it("keeps both outputs apart", async () => {
    const { exitCode, stdout, stderr } = await shell("echo out; echo err >&2; exit 255");

    expect({ exitCode, stdout: stdout.toString(), stderr: stderr.toString() }).toEqual({
      exitCode: 255,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("cuts output where one answer still holds it", async () => {
    const { exitCode, stdout, stderr } = await shell("yes | head -c 20000000");

    expect([exitCode, stdout.length + stderr.length]).toEqual([0, grpcMessageLimitBytes - 1024]);
  });

  it("returns when the command ends, even while a process that it left holds the pipes", async () => {
    const startedAt = performance.now();

    const { exitCode, stdout } = await shell("sleep 1000 & echo hi; exit 7");

    expect([exitCode, stdout.toString()]).toEqual([7, "hi\n"]);
    expect(performance.now() - startedAt).toBeLessThan(5_000 * slowness);
    expect(await leftInside(place, container)).toHaveLength(1);
  });

  describe("whose time is over", () => {
    it.each(["sleep 1000 & sleep 1000", "sh -c 'sh -c \"sleep 1000\"; true'; true"])(
      "ends everything that %j started",
      async (script) => {
        await expect(shell(script, 300)).rejects.toMatchObject({ kind: "timed-out" });

        await waitFor("everything to end", async () => (await leftInside(place, container)).length === 0);
      },
    );

    it("ends what has lost its parent", needing("end what a command's own children started and left"), async () => {
      await expect(shell("(sleep 1000 &) ; sleep 1000", 300)).rejects.toMatchObject({ kind: "timed-out" });

      await waitFor("everything to end", async () => (await leftInside(place, container)).length === 0);
    });
  });

  it("ends daemons that a command started when its time is over", needing("end daemons of commands"), async () => {
    // A session of its own, and a parent that has ended.
    const script = "(setsid sh -c 'sleep 1000 & exit') ; (setsid setsid sleep 1000 &) ; sleep 1000";
    await expect(shell(script, 300)).rejects.toMatchObject({ kind: "timed-out" });

    await waitFor("everything to end", async () => (await leftInside(place, container)).length === 0);
  });

  it("leaves what a command started running when the command ends in time, as the container's own", async () => {
    await shell("(setsid sleep 1000 >/dev/null 2>&1 &)", 10_000);

    const [daemon = 0] = await others();
    const memberships = await readFile(`/proc/${daemon}/cgroup`, "utf8");
    expect(memberships).not.toContain("exec-");
  });

  it("holds a command to its container's limits", needing("show its limits inside"), async () => {
    const { stdout } = await shell("cat /proc/self/cgroup");

    const memory = /^(?:\d+:memory|0:):(.*)$/m.exec(stdout.toString())?.[1] ?? "";
    // On v2 a container sees its own cgroup as the root, and what is outside of it behind "..".
    const own = place.host.cgroups.version === "v1" ? container.cgroupPath : "";
    expect(`${memory}/`.startsWith(`${own}/`)).toBe(true);
    expect(memory).not.toContain("..");
  });

  it("leaves no cgroup, however its command ended", async () => {
    await shell("true");
    await expect(shell("sleep 1000 & sleep 1000", 100)).rejects.toMatchObject({ kind: "timed-out" });
    await expect(shell("sleep 1000", 0, AbortSignal.timeout(5))).rejects.toMatchObject({ kind: "timed-out" });

    expect(await cgroupsOfCommands()).toEqual([]);
  });

  it("ends everything when its caller gives up, at any moment", async () => {
    for (const afterMs of [1, 5, 10, 15, 20, 40]) {
      const executing = shell("sleep 1000 & sleep 1000", 0, AbortSignal.timeout(afterMs));
      await expect(executing).rejects.toMatchObject({ kind: "timed-out" });
    }

    await waitFor("everything to end", async () => (await leftInside(place, container)).length === 0);
    expect(place.host.processes.identify(container.init.pid)).toEqual(container.init);
  });

  it("runs many at once", async () => {
    const results = await Promise.all(Array.from({ length: 8 }, (_, index) => shell(`echo ${index}; exit ${index}`)));

    expect(results.map(({ exitCode, stdout }) => [exitCode, stdout.toString()])).toEqual(
      Array.from({ length: 8 }, (_, index) => [index, `${index}\n`]),
    );
  });

  it("ends with its container, also without a deadline", async () => {
    const shortLived = await place.runtime.create(await place.request(["/bin/sleep", "1000"]));
    await place.runtime.start(shortLived);
    const endless = { command: ["/bin/sh", "-c", "touch /endless; exec sleep 2000"], timeoutMs: 0 };
    const executing = place.runtime.execSync(shortLived, endless, {});
    const mark = join(place.rootfsPath, "endless");
    await waitFor("the command to run", async () => (await place.host.files.stat(mark)) !== undefined);

    await place.runtime.killAll(shortLived);

    await expect(executing).resolves.toMatchObject({ exitCode: 137 });
    await waitFor("everything to end", async () => (await place.host.cgroups.pids(shortLived.cgroupPath)).length === 0);
  });

  it("leaves no file in the bundle", async () => {
    await shell("true");

    const files = await place.host.files.list(container.bundleDirectory);
    expect(files.filter((name) => name.startsWith("exec-"))).toEqual([]);
  });
});
