import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildPauseProgram, buildPauseSpec, type ContainerHandle, type CreateRequest } from "#runtime";
import { needing } from "../../support/needing.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openRuntimePlace, type RuntimePlace, readLog } from "./place.ts";

describe("the pause process", needing("share a PID namespace"), () => {
  let place: RuntimePlace;
  let pause: ContainerHandle;

  beforeEach(async () => {
    place = await openRuntimePlace();
    pause = await place.runtime.create(await pauseRequest(place));
    await place.runtime.start(pause);
  });

  afterEach(async () => {
    await place.runtime.delete(pause, { isForced: true });
    await place.dispose();
  });

  /** Starts a shell script in the pause process's PID namespace. */
  async function joined(script: string): Promise<ContainerHandle & { readonly logPath: string }> {
    const pid = { path: `/proc/${pause.init.pid}/ns/pid` };
    const namespaces = { network: "new", ipc: "new", uts: "new", pid } as const;
    const asked = await place.request(["/bin/sh", "-c", script], { input: { namespaces } });
    const container = await place.runtime.create(asked);
    await place.runtime.start(container);
    return { ...container, logPath: asked.logPath ?? "" };
  }

  it("is process 1 of the containers that join its PID namespace", async () => {
    const container = await joined("cat /proc/1/comm; echo $$");

    await place.runtime.observeExit(container);

    const [first, own] = await readLog(container.logPath);
    expect(first).toBe("pause");
    expect(Number(own)).toBeGreaterThan(1);
  });

  it("leaves no zombie of an orphan", async () => {
    const container = await joined("for i in 1 2 3 4 5; do (setsid sleep 0.05 &); done; echo ready; sleep 1000");
    await waitFor("orphans", async () => (await readLog(container.logPath)).includes("ready"));

    await waitFor("orphans to end", async () => (await place.host.cgroups.pids(container.cgroupPath)).length === 1);

    expect(await childrenOf(pause.init.pid)).toEqual([]);
  });

  it("takes no signal from inside, and ends with SIGKILL from outside", async () => {
    const container = await joined("kill -TERM 1; kill -KILL 1; kill -CHLD 1; echo ready; sleep 1000");
    await waitFor("signals", async () => (await readLog(container.logPath)).includes("ready"));
    const stayed = place.host.processes.identify(pause.init.pid);

    await place.runtime.killAll(pause);

    expect(stayed).toEqual(pause.init);
    await expect(place.runtime.observeExit(pause)).resolves.toMatchObject({ exitCode: 137 });
    // The kernel ends all others of the namespace with its process 1.
    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 137 });
  });
});

async function pauseRequest(place: RuntimePlace): Promise<CreateRequest> {
  const rootfsPath = join(place.workspace.dir, "pause");
  for (const name of ["proc", "dev"]) await mkdir(join(rootfsPath, name), { recursive: true });
  const input = place.input(["/pause"]);
  await writeFile(join(rootfsPath, "pause"), buildPauseProgram(input.machine.architecture), { mode: 0o755 });
  const id = `${place.workspace.id}pause`;
  const cgroup = { ...input.cgroup, path: `${place.workspace.cgroupParent}/${id}` };
  const { network, ipc, uts } = input.namespaces;
  const { spec } = buildPauseSpec({ ...input, rootfsPath, cgroup, namespaces: { network, ipc, uts } });
  const bundleDirectory = join(place.workspace.dir, id);
  return { id, bundleDirectory, spec, logPath: undefined, hasStdin: false, isStdinOnce: false };
}

/** Children of a process, zombies too, by the parent that each process names. */
async function childrenOf(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter((child) => child !== "");
}
