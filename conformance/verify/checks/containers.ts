import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import { idle, type Workbench } from "../workbench.ts";

/** The life of containers. */
export const containerChecks: readonly Check[] = [
  {
    name: "container: is created, runs, and is exited with code 0 and Completed",
    run: async (bench) => {
      const pod = await bench.runPod();
      const container = await bench.createShell(pod, "sleep 0.1; exit 0");
      expectSame("its first state", (await bench.containerStatus(container)).state, ContainerState.CONTAINER_CREATED);
      await bench.client.startContainer({ containerId: container.id });
      const { exitCode, reason, startedAt, finishedAt } = await bench.exited(container);
      expectSame("its exit code", exitCode, 0);
      expectSame("its reason", reason, "Completed");
      expectThat(startedAt > 0n && finishedAt >= startedAt, `started at ${startedAt}, finished at ${finishedAt}`);
    },
  },
  {
    name: "container: tells the exit code of its program",
    run: async (bench) => {
      const { exitCode, reason } = await bench.exited(await bench.startAlone("exit 37"));
      expectSame("its exit code", exitCode, 37);
      expectSame("its reason", reason, "Error");
    },
  },
  {
    name: "container: a command that is not in the image fails the start, and only it",
    run: async (bench) => {
      const pod = await bench.runPod();
      const container = await bench.createContainer(pod, ["/no/such/program"]);
      const started = await bench.client.startContainer({ containerId: container.id }).then(
        () => true,
        () => false,
      );
      expectThat(!started, "it was started");
      expectSame("its state", (await bench.containerStatus(container)).state, ContainerState.CONTAINER_EXITED);
    },
  },
  {
    name: "container: ends by its stop signal within its grace",
    run: async (bench) => {
      const container = await bench.startAlone(idle.replace("exit 0", "exit 9"));
      await bench.hasWritten(container, "ready");
      await bench.client.stopContainer({ containerId: container.id, timeout: 30n });
      expectSame("its exit code", (await bench.containerStatus(container)).exitCode, 9);
    },
  },
  {
    name: "container: is killed when its grace is over",
    run: async (bench) => {
      const container = await bench.startAlone("trap '' TERM; echo ready; while :; do sleep 1; done");
      await bench.hasWritten(container, "ready");
      await bench.client.stopContainer({ containerId: container.id, timeout: 1n });
      expectSame("its exit code", (await bench.containerStatus(container)).exitCode, 137);
    },
  },
  {
    name: "container: has its environment, directory and user",
    run: async (bench) => {
      const container = await bench.startAlone(idle, {
        envs: [{ key: "VERIFY", value: Buffer.from("a b") }],
        workingDir: "/tmp",
        security: { runAsUser: { value: 1234n }, runAsGroup: { value: 4321n } },
      });
      const { stdout } = await bench.execSync(container, ["/bin/sh", "-c", "echo $VERIFY; pwd; id -u; id -g"]);
      expectSame("what it has", stdout, "a b\n/tmp\n1234\n4321\n");
    },
  },
  { name: "container: has its volumes, read-only where it asks", run: hasVolumes },
  {
    name: "container: has a root of its own, read-only when it asks",
    run: async (bench) => {
      const pod = await bench.runPod();
      const own = await bench.startShell(pod, idle, { name: "own" });
      const other = await bench.startShell(pod, idle, {
        name: "other",
        security: { readonlyRootfs: true },
      });
      expectSame("a write to a writable root", (await bench.execSync(own, ["touch", "/file"])).exitCode, 0);
      expectThat((await bench.execSync(other, ["ls", "/file"])).exitCode !== 0, "another container sees the file");
      expectThat((await bench.execSync(other, ["touch", "/file"])).exitCode !== 0, "a read-only root was written to");
    },
  },
  {
    name: "container: has no more privileges than it asks for",
    run: async (bench) => {
      const container = await bench.startAlone(idle, {
        security: { capabilities: { dropCapabilities: ["ALL"] }, noNewPrivs: true },
      });
      const { stdout } = await bench.execSync(container, ["grep", "-E", "^(CapEff|NoNewPrivs)", "/proc/1/status"]);
      expectThat(/^CapEff:\s+0+$/m.test(stdout), `capabilities are ${JSON.stringify(stdout)}`);
      expectThat(/^NoNewPrivs:\s+1$/m.test(stdout), `no_new_privs is not set: ${JSON.stringify(stdout)}`);
    },
  },
  {
    name: "container: may be removed while it runs, and again",
    run: async (bench) => {
      const { id: containerId } = await bench.startAlone(idle);
      await bench.client.removeContainer({ containerId });
      await bench.client.removeContainer({ containerId });
      const { containers } = await bench.client.listContainers({ filter: { id: containerId } });
      expectSame("what is listed of it", containers.length, 0);
    },
  },
];

async function hasVolumes(bench: Workbench): Promise<void> {
  const directory = path.join(bench.directory, "volume");
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, "from-host"), "host\n");
  const container = await bench.startAlone(idle, {
    mounts: [
      { containerPath: "/rw", hostPath: directory },
      { containerPath: "/ro", hostPath: directory, readonly: true },
    ],
  });
  const { stdout } = await bench.execSync(container, ["/bin/sh", "-c", "cat /ro/from-host; echo inside > /rw/new"]);
  expectSame("a file of the host", stdout, "host\n");
  expectSame("what the container wrote", await readFile(path.join(directory, "new"), "utf8"), "inside\n");
  expectThat((await bench.execSync(container, ["touch", "/ro/x"])).exitCode !== 0, "a read-only volume was written to");
}
