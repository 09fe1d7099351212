import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFirstPod } from "../../support/first-pod.ts";
import { listProcesses } from "../../support/host-observe.ts";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, idle, runPod, startShell, waitUntilIdle } from "./pod-acts.ts";

const programs = await mkdtemp(path.join(tmpdir(), "crisp-ooms-"));
afterAll(() => rm(programs, { recursive: true }));
const bundle = await bundleMachineShim();

const daemon = useDaemon({
  config: `default_runtime = "program"

${await machineToml("program")}${await machineToml("socket")}
[runtimes.shim]
type = "shim"
path = "containerd-shim-runc-v2"
options = { binary_name = "runc" }
`,
});

beforeAll(async () => {
  const { workspace, client, busybox } = daemon();
  for (const handler of ["socket", "shim"]) await runFirstPod(workspace, client, busybox.reference, handler);
});

const killed = { exitCode: 137, reason: "OOMKilled" };

/** A handler of machines whose shim tells events in one of the two ways. */
async function machineToml(tellsBy: "program" | "socket"): Promise<string> {
  const directory = path.join(programs, tellsBy);
  await mkdir(directory);
  const program = await installMachineShim(bundle, directory, { tellsBy });
  return `[runtimes.${tellsBy}]\ntype = "shim"\npath = "${program}"\nsandboxer = "shim"\n`;
}

/** A container in a machine of its own. */
async function startInMachine(handler: string): Promise<string> {
  const pod = await runPod(daemon(), {}, handler);
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  return containerId;
}

/** What the kernel of its machine does when it is out of memory: that of the node knows nothing of it. */
async function killInside(containerId: string): Promise<void> {
  const noted = path.join(daemon().crispd.state, "containers", containerId, "machine.json");
  const [pid] = JSON.parse(await readFile(noted, "utf8")) as [number];
  process.kill(pid, "SIGKILL");
  await waitFor("its end", () => !existsSync(`/proc/${pid}`));
}

test.each(["program", "socket"])(
  "a container that the kernel of its machine killed is OOMKilled, told by %s",
  async (by) => {
    const containerId = await startInMachine(by);

    await killInside(containerId);

    expect(await exited(daemon().client, containerId)).toMatchObject(killed);
  },
);

test.each(["program", "socket"])("so is one that was killed while crispd was away, told by %s", async (by) => {
  const { client, crispd } = daemon();
  const containerId = await startInMachine(by);

  await crispd.kill();
  await killInside(containerId);
  await crispd.start();

  expect(await exited(client, containerId)).toMatchObject(killed);
});

test("a container of runc's shim that was killed while crispd was away is OOMKilled: its cgroup tells", async () => {
  const { client, crispd, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "signal");
  const pod = await runPod(daemon(), {}, "shim");
  const script = "until [ -e /signal/go ]; do sleep 0.1; done; exec dd if=/dev/zero of=/dev/null bs=256M";
  const containerId = await startShell(daemon(), pod, script, {
    mounts: [{ containerPath: "/signal", hostPath }],
    resources: { memoryLimitInBytes: 16n * 1024n * 1024n },
  });

  await crispd.kill();
  await writeFile(path.join(hostPath, "go"), "");
  await waitFor(
    "its end",
    async () => !(await listProcesses(workspace)).some(({ command }) => /signal|^dd/.test(command)),
  );
  await crispd.start();

  expect(await exited(client, containerId)).toMatchObject(killed);
});
