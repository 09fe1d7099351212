import { readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { needing } from "../../support/needing.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

const second = { metadata: { name: "second" }, logPath: "second/0.log" };

test("containers see only their own processes unless the pod shares its PID namespace", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "sleep 4321");
  const observer = await startShell(daemon(), pod, idle, second);

  const { stdout } = await execSync(client, observer, ["ps", "-o", "args"]);

  expect(stdout).not.toContain("sleep 4321");
});

test(
  "containers of a pod that shares its PID namespace see each other, and crisp's pause is their first process",
  needing("share a PID namespace"),
  async () => {
    const { client } = daemon();
    const pod = await runPod(daemon(), { namespaces: { pid: NamespaceMode.POD } });
    await startShell(daemon(), pod, "sleep 4321");
    const observer = await startShell(daemon(), pod, idle, second);

    const { stdout } = await execSync(client, observer, ["ps", "-o", "pid,args"]);

    expect(stdout).toContain("sleep 4321");
    expect(stdout.split("\n").find((line) => /^\s*1\s/.test(line))).toMatch(/pause/);
    expect((await sandboxStatus(client, pod.id)).linux?.namespaces?.options?.pid).toBe(NamespaceMode.POD);
  },
);

test("orphans in a shared PID namespace are reaped", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon(), { namespaces: { pid: NamespaceMode.POD } });
  const containerId = await startShell(daemon(), pod, idle);

  await execSync(client, containerId, ["sh", "-c", "(sleep 0.05 &) ; sleep 0.3"]);

  expect((await execSync(client, containerId, ["ps", "-o", "stat,args"])).stdout).not.toMatch(/^Z/m);
});

test("a pod has a hostname and System V message queues of its own", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon(), { hostname: "own-name" });
  const containerId = await startShell(daemon(), pod, idle);

  const { stdout } = await execSync(client, containerId, ["sh", "-c", "hostname; readlink /proc/self/ns/ipc"]);
  const [name, ipc] = stdout.trim().split("\n");

  expect(name).toBe("own-name");
  expect(ipc).not.toBe(await namespaceOfThisProcess("ipc"));
});

test("a pod on the host's network and PID namespace sees the host", needing("share a PID namespace"), async () => {
  const { client } = daemon();
  const namespaces = { network: NamespaceMode.NODE, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const pod = await runPod(daemon(), { hostname: "", namespaces });
  const containerId = await startShell(daemon(), pod, idle);

  const script = "hostname; for kind in net pid ipc; do readlink /proc/self/ns/$kind; done";
  const { stdout } = await execSync(client, containerId, ["sh", "-c", script]);

  expect(stdout.trim().split("\n")).toEqual([
    hostname(),
    await namespaceOfThisProcess("net"),
    await namespaceOfThisProcess("pid"),
    await namespaceOfThisProcess("ipc"),
  ]);
});

function namespaceOfThisProcess(kind: string): Promise<string> {
  return readlink(`/proc/self/ns/${kind}`);
}
