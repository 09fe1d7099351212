import { readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { run } from "../../support/child.ts";
import { listCgroups, listProcesses } from "../../support/host-observe.ts";
import { killIfThere } from "../../support/host-reclaim.ts";
import { needing } from "../../support/needing.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { examine, matching } from "./doctor-acts.ts";
import {
  containerStatus,
  exited,
  idle,
  readLog,
  runPod,
  sandboxStatus,
  startShell,
  waitUntilIdle,
} from "./pod-acts.ts";

const daemon = useDaemon();

test("kill -9 of crispd leaves a pod running; a restart finds it as it was", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  const before = { pod: await sandboxStatus(client, pod.id), container: await containerStatus(client, containerId) };

  await crispd.kill();
  await crispd.start();

  expect(await sandboxStatus(client, pod.id)).toEqual(before.pod);
  expect(await containerStatus(client, containerId)).toEqual(before.container);
  const { exitCode } = await client.execSync({ containerId, cmd: ["true"], timeout: 10n });
  expect(exitCode).toBe(0);
  await client.stopContainer({ containerId, timeout: 5n });
  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 0, reason: "Completed" });
});

test(
  "commands that a killed crispd left, and their cgroups, go with their container",
  needing("end daemons of commands"),
  async () => {
    const { client, crispd, workspace } = daemon();
    const pod = await runPod(daemon());
    const containerId = await startShell(daemon(), pod, idle);
    const cgroupsOfCommands = async (): Promise<readonly string[]> =>
      (await listCgroups(workspace)).filter((directory) => directory.includes("/exec-"));
    const running = client
      .execSync({ containerId, cmd: ["sh", "-c", "(setsid sleep 4713 &); sleep 4713"], timeout: 0n })
      .catch((error: unknown) => error);
    await waitFor("the command", async () => (await cgroupsOfCommands()).length > 0);

    await crispd.kill();
    expect(await running).toBeInstanceOf(Fault);
    await crispd.start();
    const left = await cgroupsOfCommands();
    await client.stopContainer({ containerId, timeout: 0n });
    await client.removeContainer({ containerId });

    expect(left).toHaveLength(1);
    expect(await cgroupsOfCommands()).toEqual([]);
  },
);

test("the log goes on while crispd is dead", async () => {
  const { crispd } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");

  await crispd.kill();
  const atDeath = (await readLog(pod)).length;
  await waitFor("more of the log", async () => (await readLog(pod)).length > atDeath + 20);
  await crispd.start();

  const texts = (await readLog(pod)).map(({ text }) => text);
  expect(texts).toEqual(Array.from({ length: texts.length }, (_, index) => String(index + 1)));
});

test("an exit while crispd is dead is reported after its restart, with its code and time", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const gate = await directoryIn(daemon().workspace, "gate");
  const containerId = await startShell(daemon(), pod, "until [ -e /gate/open ]; do sleep 0.05; done; exit 9", {
    mounts: [{ containerPath: "/gate", hostPath: gate }],
  });

  await crispd.kill();
  await writeFile(path.join(gate, "open"), "");
  await waitFor("the end of the container's process", async () => {
    const processes = await listProcesses(daemon().workspace);
    return !processes.some(({ command }) => command.includes("/gate/open"));
  });
  const endedByNanos = BigInt(Date.now()) * 1_000_000n;
  await crispd.start();

  const status = await exited(client, containerId);
  expect(status).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 9, reason: "Error" });
  expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt);
  expect(status.finishedAt).toBeLessThanOrEqual(endedByNanos + 1_000_000_000n);
});

test("a pod that was stopped, and one that only exists, stay what they were over a restart", async () => {
  const { client, crispd } = daemon();
  const stopped = await runPod(daemon(), { metadata: { name: "stopped", namespace: "default", uid: "stopped" } });
  await client.stopPodSandbox({ podSandboxId: stopped.id });
  const empty = await runPod(daemon(), { metadata: { name: "empty", namespace: "default", uid: "empty" } });

  await crispd.kill();
  await crispd.start();

  expect((await sandboxStatus(client, stopped.id)).state).toBe(PodSandboxState.SANDBOX_NOTREADY);
  expect((await sandboxStatus(client, empty.id)).state).toBe(PodSandboxState.SANDBOX_READY);
});

test("images are still there after a restart", async () => {
  const { client, crispd, busybox } = daemon();

  await crispd.kill();
  await crispd.start();

  expect((await client.imageStatus({ image: { image: busybox.reference } })).image?.id).toBe(busybox.id);
});

test("a stop with SIGTERM leaves pods running too, and takes the socket away", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await crispd.stop();
  await expect(stat(crispd.socketPath)).rejects.toMatchObject({ code: "ENOENT" });
  await crispd.start();

  expect((await containerStatus(client, containerId)).state).toBe(ContainerState.CONTAINER_RUNNING);
});

test("a stop that was under way comes to its end though crispd was killed and nobody asks again", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "trap '' TERM; echo ready; while :; do sleep 0.1; done");
  await waitUntilIdle(pod);

  const stopping = client.stopContainer({ containerId, timeout: 3n });
  stopping.catch(() => undefined);
  await waitFor("the stop to be written down", async () => {
    const { info } = await client.containerStatus({ containerId, verbose: true });
    return info["info"]?.includes("killAt");
  });
  await crispd.kill();
  await expect(stopping).rejects.toMatchObject({ kind: "unavailable" });
  await crispd.start();

  expect(await exited(client, containerId)).toMatchObject({ exitCode: 137 });
});

test("a damaged database is rebuilt from what runs: pods, containers and images are as they were", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  const look = async () => ({
    pod: await sandboxStatus(client, pod.id),
    container: await containerStatus(client, containerId),
    images: (await client.listImages({})).images.map(({ id }) => id),
  });
  const before = await look();

  await crispd.kill();
  const database = path.join(crispd.root, "crisp.db");
  for (const suffix of ["-wal", "-shm"]) await rm(database + suffix, { force: true });
  await writeFile(database, Buffer.alloc(65_536, 0xa5));
  await crispd.start();

  expect(await look()).toEqual(before);
  expect(crispd.logTail(1_000)).toContain("database was damaged and is rebuilt");
  await client.stopContainer({ containerId, timeout: 5n });
  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 0 });
  await rm(`${database}.damaged`);
});

/** Leaves of the pods what a reboot would: records of another boot, and their networks' leases. */
async function reboot(): Promise<void> {
  const { crispd, workspace } = daemon();
  await crispd.kill();
  const processes = await listProcesses(workspace);
  for (const { pid, parentPid } of processes) if (parentPid !== process.pid) killIfThere(pid);
  await waitFor("all processes to end", async () =>
    (await listProcesses(workspace)).every(({ parentPid }) => parentPid === process.pid),
  );
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.split(" ")[4] ?? "");
  for (const target of mounts.filter((one) => one.startsWith(`${crispd.state}/`)).toReversed())
    await run("umount", [target]);
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  changeRecords(`UPDATE record SET value = replace(value, '${bootId}', '${"0".repeat(36)}')`);
}

function changeRecords(sql: string): void {
  const database = new DatabaseSync(path.join(daemon().crispd.root, "crisp.db"));
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

test("after a reboot all pods have ended and hold no network, and new ones run", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  const { network } = await sandboxStatus(client, pod.id);
  await reboot();
  await crispd.start();

  const status = await containerStatus(client, containerId);
  expect(status).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 137, reason: "NodeRestarted" });
  const lease = path.join(crispd.cni.leases, daemon().workspace.network, network?.ip ?? "");
  await waitFor("the address to be given back", async () => (await stat(lease).catch(() => undefined)) === undefined);
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_NOTREADY);
  const next = await runPod(daemon(), { metadata: { name: "next", namespace: "default", uid: "next", attempt: 0 } });
  expect((await sandboxStatus(client, next.id)).state).toBe(PodSandboxState.SANDBOX_READY);
  // A reboot would have taken the rules of the packet filter, too.
  await client.removePodSandbox({ podSandboxId: pod.id });
  expect((await examine(crispd, "--repair")).mended).toMatchObject([{ where: `iptables ${pod.id}` }]);
});

test("a record that cannot be read is put aside and told of, and keeps no other from being served", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  await crispd.kill();
  changeRecords(`INSERT INTO record VALUES ('containers', '${"f".repeat(64)}', 999999, '{"id": 7}')`);
  await crispd.start();

  const { findings } = await examine(crispd);
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_READY);
  expect((await client.listContainers({})).containers).toEqual([]);
  // The doctor also tells of what other runtimes of the machine have left.
  expect(findings.filter(({ severity }) => severity === "problem")).toMatchObject([
    {
      where: `containers ${"f".repeat(64)}`,
      what: matching(/^its record could not be read and was put aside/),
    },
  ]);
  changeRecords("DELETE FROM quarantine");
});

test("a call that runs when crispd is told to stop comes to its end, and is answered", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "trap '' TERM; echo ready; while :; do sleep 0.1; done");
  await waitUntilIdle(pod);

  const stopping = client.stopContainer({ containerId, timeout: 2n });
  await waitFor("the stop to begin", async () => {
    const { info } = await client.containerStatus({ containerId, verbose: true });
    return info["info"]?.includes("killAt");
  });
  await Promise.all([stopping, crispd.stop()]);
  await crispd.start();

  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 137 });
});
