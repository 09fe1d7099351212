import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { run } from "../../support/child.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { ailments, examine, expectMended, matching, whyOf } from "./doctor-acts.ts";
import {
  execSync,
  exited,
  idle,
  readLog,
  runPod,
  sandboxStatus,
  startShell,
  type TestPod,
  waitUntilIdle,
} from "./pod-acts.ts";

const cgroupParent = `/crisp-doctor-${process.pid}`;
const daemon = useDaemon({ config: `[cgroup]\nparent = "${cgroupParent}"\n` });

async function idlePod(): Promise<{ readonly pod: TestPod; readonly containerId: string }> {
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  return { pod, containerId };
}

function pinOf(pod: TestPod): string {
  return path.join(daemon().crispd.state, "sandboxes", pod.id, "ns/net");
}

/** Ids of a pod and its container that ran and are gone. */
async function goneIds(): Promise<{ readonly sandboxId: string; readonly containerId: string }> {
  const { pod, containerId } = await idlePod();
  await daemon().client.removePodSandbox({ podSandboxId: pod.id });
  return { sandboxId: pod.id, containerId };
}

test("a healthy node is found healthy: empty, with a pod that runs, and with one that has ended", async () => {
  const { client, crispd } = daemon();
  expect(await ailments(crispd)).toEqual([]);

  const { pod, containerId } = await idlePod();
  expect(await ailments(crispd)).toEqual([]);

  await client.stopContainer({ containerId, timeout: 5n });
  expect(await ailments(crispd)).toEqual([]);
  await client.stopPodSandbox({ podSandboxId: pod.id });
  expect(await ailments(crispd)).toEqual([]);
});

test("a lost network namespace is pinned again while a program is in it", async () => {
  const { client, crispd } = daemon();
  const { pod, containerId } = await idlePod();
  const address = (await sandboxStatus(client, pod.id)).network?.ip;
  await run("umount", [pinOf(pod)]);

  await expectMended(crispd, {
    where: pinOf(pod),
    what: /^the net namespace of pod default\/pod/,
    severity: "problem",
  });

  const late = await startShell(daemon(), pod, "ip -4 addr show eth0; sleep 1000", { metadata: { name: "late" } });
  const { stdout } = await execSync(client, late, ["ip", "-4", "addr", "show", "eth0"]);
  expect(stdout).toContain(` ${address}/`);
  expect((await execSync(client, containerId, ["true"])).exitCode).toBe(0);
});

test("a lost network namespace without a program in it ends its pod, and the rules that plugins leave then go", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  await run("umount", [pinOf(pod)]);

  const found = await examine(crispd);
  const repaired = await examine(crispd, "--repair");

  expect(found.findings).toContainEqual(expect.objectContaining({ where: pinOf(pod), repair: matching(/^stop pod/) }));
  expect(repaired.findings).toEqual([]);
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_NOTREADY);
  expect(await ailments(crispd)).toEqual([]);

  await client.removePodSandbox({ podSandboxId: pod.id });
  await expectRulesMended(pod);
});

/** The plugin bridge reads in the namespace what to take back, so that it leaves rules when that tells nothing. */
function expectRulesMended(pod: TestPod): Promise<void> {
  const { crispd } = daemon();
  return expectMended(crispd, {
    where: `iptables ${pod.id}`,
    what: /^network plugins left rules/,
    severity: "warning",
  });
}

test("a stray mount in the state directory is unmounted", async () => {
  const { crispd } = daemon();
  const target = path.join(crispd.state, "stray");
  await mkdir(target);
  await run("mount", ["-t", "tmpfs", "tmpfs", target]);

  await expectMended(crispd, { where: target, what: /^something is mounted/, severity: "warning" });
  expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(` ${target} `);
  expect(await whyOf(crispd, "node")).toContain(`doctor unmount ${target} node node after`);
  await rmdir(target);
});

test("the directory of a pod that nobody knows goes, with what is mounted in it", async () => {
  const { crispd } = daemon();
  const directory = path.join(crispd.state, "sandboxes", "ab".repeat(32));
  await mkdir(path.join(directory, "shm"), { recursive: true });
  await run("mount", ["-t", "tmpfs", "tmpfs", path.join(directory, "shm")]);

  await expectMended(crispd, {
    where: directory,
    what: /^a sandbox of which there is no record, with 1 mounts/,
    severity: "problem",
  });
  await expect(stat(directory)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a cgroup of a container that is gone is removed; one that was never ours is only told of", async () => {
  const { crispd } = daemon();
  const { containerId } = await goneIds();
  const parent = path.join("/sys/fs/cgroup/pids", cgroupParent);
  await mkdir(path.join(parent, containerId), { recursive: true });

  await expectMended(crispd, {
    where: `${cgroupParent}/${containerId}`,
    what: /^a container's cgroup without a container/,
    severity: "warning",
  });
  const foreign = "cd".repeat(32);
  await mkdir(path.join(parent, foreign), { recursive: true });
  const { findings } = await examine(crispd, "--repair");
  expect(findings).toMatchObject([{ where: `${cgroupParent}/${foreign}`, severity: "warning", repair: "" }]);
  expect(await readdir(parent)).toContain(foreign);
  await rmdir(path.join(parent, foreign));
});
afterAll(() => rmdir(path.join("/sys/fs/cgroup/pids", cgroupParent)));

test("a monitor that was killed is told of until its container is removed", async () => {
  const { client, crispd } = daemon();
  const { containerId } = await idlePod();
  const monitor = (await run("pgrep", ["-f", `conmon.*--cid=${containerId}`])).trim();
  process.kill(Number(monitor), "SIGKILL");
  await exited(client, containerId);

  const { findings, exitCode } = await examine(crispd, "--repair");

  expect(findings).toMatchObject([
    { where: containerId, what: matching(/^the monitor of container main died/), repair: "" },
  ]);
  expect(exitCode).toBe(20);
  await client.removeContainer({ containerId });
  expect(await ailments(crispd)).toEqual([]);
});

test("an attachment and a lease of a pod that is gone are given back", async () => {
  const { crispd, workspace } = daemon();
  const { pod } = await idlePod();
  const cache = path.join(crispd.root, "network");
  const [intent, result] = [`${pod.id}.intent.json`, `${pod.id}.result.json`].map((name) => path.join(cache, name)) as [
    string,
    string,
  ];
  const kept = await Promise.all([intent, result].map((file) => readFile(file)));
  await daemon().client.removePodSandbox({ podSandboxId: pod.id });
  await writeFile(intent, kept[0] ?? "", { mode: 0o600 });
  await writeFile(result, kept[1] ?? "", { mode: 0o600 });

  await expectMended(crispd, {
    where: pod.id,
    what: /^attached to network .*, and there is no such pod$/,
    severity: "problem",
  });

  const lease = path.join(crispd.cni.leases, workspace.network, workspace.subnet.replace("0/24", "77"));
  await writeFile(lease, `${pod.id}\r\neth0`);
  await expectMended(crispd, { where: lease, what: /^address .*\.77 is given away to/, severity: "warning" });
  await expect(stat(lease)).rejects.toMatchObject({ code: "ENOENT" });
  const acts = (await whyOf(crispd, pod.id)).split("\n").filter((line) => line.includes("doctor sandbox default/"));
  expect(acts.length).toBeGreaterThanOrEqual(2);
});

test("a lease of another runtime is left alone", async () => {
  const { crispd, workspace } = daemon();
  const lease = path.join(crispd.cni.leases, workspace.network, workspace.subnet.replace("0/24", "78"));
  await mkdir(path.dirname(lease), { recursive: true });
  await writeFile(lease, `${"ef".repeat(32)}\r\neth0`);

  expect(await ailments(crispd)).toEqual([]);
  await rm(lease);
});

test("CNI CHECK finds a pod whose address was taken away", async () => {
  const { client, crispd } = daemon();
  const { pod } = await idlePod();
  await run("nsenter", [`--net=${pinOf(pod)}`, "ip", "addr", "flush", "dev", "eth0"]);

  const { findings, exitCode } = await examine(crispd, "--repair");

  expect(findings).toMatchObject([
    { where: pod.id, severity: "problem", what: matching(/is not as it was made: .*CHECK/) },
  ]);
  expect(exitCode).toBe(21);
  await client.removePodSandbox({ podSandboxId: pod.id });
  await expectRulesMended(pod);
});

test("a snapshot, a layer and a download that nobody knows are removed", async () => {
  const { crispd } = daemon();
  for (const name of ["snapshots/stray", "layers/987654", "blobs/ingest/stray"]) {
    const directory = path.join(crispd.root, name);
    await mkdir(path.join(directory, "upper"), { recursive: true });

    await expectMended(crispd, { where: directory, what: /^no record tells of it/, severity: "warning" });
    await expect(stat(directory)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await whyOf(crispd, "node")).toContain(`doctor remove ${directory} node node after`);
  }
});

test("the log of a container that runs is begun anew when it was removed; a rotation is no finding", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "while :; do echo tick; sleep 0.05; done");
  const log = path.join(pod.config.logDirectory ?? "", "main/0.log");
  await waitFor("the log", async () => (await readLog(pod)).length > 0);
  await rm(log);

  await expectMended(crispd, { where: log, what: /^the log of container main is not there/, severity: "problem" });
  await waitFor("more of the log", async () => (await readLog(pod)).length > 0);

  await rename(log, `${log}.1`);
  const examined = examine(crispd);
  await client.reopenContainerLog({ containerId });
  expect((await examined).findings).toEqual([]);
});

test("a configuration that crispd would not start with is told of, and one that waits for a reload", async () => {
  const { crispd } = daemon();
  const text = `[cgroup]\nparent = "${cgroupParent}"\n`;
  await writeFile(crispd.configFile, `${text}[images]\nkeep_blobs = true\n`);
  const changed = await examine(crispd);
  await writeFile(crispd.configFile, `${text}rooot = 1\n`);
  const invalid = await examine(crispd);
  await writeFile(crispd.configFile, text);

  expect(changed.findings).toMatchObject([{ severity: "warning", where: "images.keep_blobs" }]);
  expect(invalid.findings).toMatchObject([{ severity: "problem", where: "configuration" }]);
  expect(await ailments(crispd)).toEqual([]);
});
