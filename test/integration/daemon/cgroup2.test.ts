import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { listCgroups } from "../../support/host-observe.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, execSync, exited, idle, runPod, startShell, waitUntilIdle } from "./pod-acts.ts";

const isVersion2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
const MiB = 1024n * 1024n;

/** Reads files of a container's own cgroup, as it sees them itself. */
async function readOwn(daemon: ReturnType<typeof useDaemon>, containerId: string, files: readonly string[]) {
  const command = ["sh", "-c", 'cd /sys/fs/cgroup && head -n 1 "$@"', "sh", "-q", ...files];
  const { stdout } = await execSync(daemon().client, containerId, command);
  return stdout.trim().split("\n");
}

/** The directory of a container's cgroup on the node. */
async function cgroupOf(daemon: ReturnType<typeof useDaemon>, containerId: string): Promise<string> {
  const found = (await listCgroups(daemon().workspace)).find((directory) =>
    path.basename(directory).includes(containerId),
  );
  if (found === undefined) throw new Error(`container ${containerId} has no cgroup`);
  return found;
}

describe.runIf(isVersion2)("on cgroup v2", () => {
  const daemon = useDaemon();

  test("keys of the unified hierarchy are in force, and an update changes those that it names", async () => {
    const { client } = daemon();
    const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
      resources: {
        memoryLimitInBytes: 64n * MiB,
        unified: { "memory.high": `${48n * MiB}`, "memory.oom.group": "1", "pids.max": "77" },
      },
    });
    const files = ["memory.max", "memory.high", "memory.oom.group", "pids.max"];
    const before = await readOwn(daemon, containerId, files);

    await client.updateContainerResources({
      containerId,
      linux: { memoryLimitInBytes: 80n * MiB, unified: { "memory.high": `${72n * MiB}` } },
    });

    expect(before).toEqual([`${64n * MiB}`, `${48n * MiB}`, "1", "77"]);
    expect(await readOwn(daemon, containerId, files)).toEqual([`${80n * MiB}`, `${72n * MiB}`, "1", "77"]);
  });

  test("a key that the kernel does not have fails the start by its name", async () => {
    const pod = await runPod(daemon());
    const starting = startShell(daemon(), pod, idle, { resources: { unified: { "memory.no_such_key": "1" } } });

    await expect(starting).rejects.toThrow(/memory\.no_such_key/);
  });

  test("a container that somebody froze is ended all the same, with all that it started", async () => {
    const { client } = daemon();
    const pod = await runPod(daemon());
    const containerId = await startShell(daemon(), pod, `(setsid sleep 4711 &); ${idle}`);
    await waitUntilIdle(pod);
    const cgroup = await cgroupOf(daemon, containerId);
    await writeFile(path.join(cgroup, "cgroup.freeze"), "1");
    await waitFor("the cgroup to be frozen", async () => {
      return (await readFile(path.join(cgroup, "cgroup.events"), "utf8")).includes("frozen 1");
    });

    await client.stopContainer({ containerId, timeout: 1n });

    expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 137, reason: "Error" });
    // The cgroup itself may be there until the container is removed.
    const processes = await readFile(path.join(cgroup, "cgroup.procs"), "utf8").catch(() => "");
    expect(processes).toBe("");
  });

  test("an out-of-memory kill is told, and so is that a kill was none", async () => {
    const { client } = daemon();
    const pod = await runPod(daemon());
    const hungry = "dd if=/dev/zero of=/dev/null bs=256M";
    const limits = { resources: { memoryLimitInBytes: 16n * MiB } };
    const first = await startShell(daemon(), pod, `exec ${hungry}`, limits);
    // A container's first process cannot kill itself, but it can end as if it had been killed.
    const second = await startShell(daemon(), pod, "sh -c 'kill -9 $$'; exit $?", {
      metadata: { name: "other", attempt: 0 },
      ...limits,
    });
    const third = await startShell(daemon(), pod, `${hungry}; ${idle}`, {
      metadata: { name: "third", attempt: 0 },
      ...limits,
    });
    await waitUntilIdle(pod, "third");
    const events = await execSync(client, third, ["cat", "/sys/fs/cgroup/memory.events"]);

    expect(await exited(client, first)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(await exited(client, second)).toMatchObject({ exitCode: 137, reason: "Error" });
    expect(events.stdout).toMatch(/^oom_kill [1-9]/m);
  });

  test("a container cannot write to its cgroup", async () => {
    const containerId = await startShell(daemon(), await runPod(daemon()), idle);

    const { stderr } = await execSync(daemon().client, containerId, ["mkdir", "/sys/fs/cgroup/mine"]);

    expect(stderr).toMatch(/Read-only file system/);
  });
});

describe.runIf(isVersion2)("on cgroup v2, with writable cgroups", () => {
  const daemon = useDaemon({ config: `[runtimes.${handlerUnderTest().name}]\ncgroup_writable = true\n` });

  test("a container divides its own cgroup, and sees no other", async () => {
    const containerId = await startShell(daemon(), await runPod(daemon()), idle);
    const script = `cd /sys/fs/cgroup && mkdir mine && echo 0 > mine/cgroup.procs && cat /proc/self/cgroup
      echo 0 > cgroup.procs && rmdir mine && cat cgroup.type`;

    const { stdout, stderr } = await execSync(daemon().client, containerId, ["sh", "-c", script]);

    expect([stdout, stderr]).toEqual(["0::/mine\ndomain\n", ""]);
  });
});
