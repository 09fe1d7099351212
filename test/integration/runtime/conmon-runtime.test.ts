import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { conmonWith, openRuntimePlace, type RuntimePlace } from "./place.ts";

const sigkill = 9;

describe("ConmonRuntime", () => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace(conmonWith());
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("create() for a terminal that fails leaves no socket", async () => {
    const before = await readdir(place.workspace.dir);
    const asked = await place.request(["/bin/nosuch"], { container: { hasTty: true } });

    await expect(place.runtime.create(asked)).rejects.toMatchObject({ kind: "not-found" });

    expect((await readdir(place.workspace.dir)).filter((name) => name.startsWith("tty-"))).toEqual([]);
    expect(before).toContain("rootfs");
  });

  it("tells a container whose monitor was killed", async () => {
    const container = await place.runtime.create(await place.request(["/bin/sleep", "1000"]));
    await place.runtime.start(container);
    process.kill(container.monitor.pid, "SIGKILL");

    await expect(place.runtime.observeExit(container)).resolves.toEqual({ kind: "monitor-lost", isRunning: true });
    await place.runtime.killAll(container);
  });

  it("killAll() ends also processes that outlive the first one", async () => {
    // In the machine's PID namespace the kernel does not end the others with it.
    const namespaces = { network: "new", ipc: "new", uts: "new", pid: "host" } as const;
    const script = "setsid sleep 1000 & exec sleep 1000";
    const container = await place.runtime.create(
      await place.request(["/bin/sh", "-c", script], { input: { namespaces } }),
    );
    await place.runtime.start(container);
    await waitFor("two processes", async () => (await place.host.cgroups.pids(container.cgroupPath)).length === 2);

    await place.runtime.kill(container, sigkill);
    await place.runtime.observeExit(container);
    const left = await place.host.cgroups.pids(container.cgroupPath);
    await place.runtime.killAll(container);

    expect(left).toHaveLength(1);
    await waitFor("all to end", async () => (await place.host.cgroups.pids(container.cgroupPath)).length === 0);
  });
});
