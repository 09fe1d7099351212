import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CriClient } from "#client";
import { ContainerState, type ContainerStatus, type PodSandboxStatus } from "#proto/cri/v1/runtime_pb.js";
import {
  type ContainerChanges,
  containerConfig,
  type Namespaces,
  type PodChanges,
  type PodConfig,
  podConfig,
} from "../../support/pod-config.ts";
import { slowness } from "../../support/slowness.ts";
import { type WaitOptions, waitFor } from "../../support/wait-for.ts";
import type { DaemonFixture } from "./daemon-fixture.ts";

/** A sandbox that runs, with the configuration that made it. */
export interface TestPod {
  readonly id: string;
  readonly config: PodConfig;
  readonly namespaces: Namespaces;
}

/** Runs a sandbox with kubelet's usual configuration, changed as the test wants it. */
export async function runPod(
  { client, workspace }: DaemonFixture,
  changes: PodChanges = {},
  runtimeHandler = "",
): Promise<TestPod> {
  const config = podConfig(workspace, changes.metadata?.name ?? "pod", changes);
  const { podSandboxId } = await client.runPodSandbox({ config, runtimeHandler });
  return { id: podSandboxId, config, namespaces: changes.namespaces ?? {} };
}

/** Creates a container that runs a shell script, in the namespaces that its pod asks for; returns its id. */
export async function createShell(
  { client, busybox }: DaemonFixture,
  pod: TestPod,
  script: string,
  changes: ContainerChanges = {},
): Promise<string> {
  const name = changes.metadata?.name ?? "main";
  const { namespaces } = pod;
  const config = containerConfig(name, busybox.reference, ["sh", "-c", script], { namespaces, ...changes });
  const { containerId } = await client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });
  return containerId;
}

/** Creates and starts a container that runs a shell script; returns its id. */
export async function startShell(
  fixture: DaemonFixture,
  pod: TestPod,
  script: string,
  changes: ContainerChanges = {},
): Promise<string> {
  const containerId = await createShell(fixture, pod, script, changes);
  await fixture.client.startContainer({ containerId });
  return containerId;
}

/** A script that says that it is ready, and then does nothing until it is told to end, which it does at once. */
export const idle = "trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done";

/** Waits until the idle script of a pod's container would obey a signal: its first process ignores it before. */
export async function waitUntilIdle(pod: TestPod, container = "main"): Promise<void> {
  const isReady = ({ text }: LogLine): boolean => text === "ready";
  await waitFor(`${container} to be idle`, async () => (await readLog(pod, `${container}/0.log`)).some(isReady));
}

export async function containerStatus(client: CriClient, containerId: string): Promise<ContainerStatus> {
  const { status } = await client.containerStatus({ containerId });
  if (status === undefined) throw new Error(`status of container ${containerId}: none`);
  return status;
}

export async function sandboxStatus(client: CriClient, podSandboxId: string): Promise<PodSandboxStatus> {
  const { status } = await client.podSandboxStatus({ podSandboxId });
  if (status === undefined) throw new Error(`status of sandbox ${podSandboxId}: none`);
  return status;
}

/** The status of a container once it has exited. */
export function exited(client: CriClient, containerId: string, options?: WaitOptions): Promise<ContainerStatus> {
  const hasExited = async (): Promise<ContainerStatus | undefined> => {
    const status = await containerStatus(client, containerId);
    return status.state === ContainerState.CONTAINER_EXITED ? status : undefined;
  };
  return waitFor(`the exit of container ${containerId}`, hasExited, options);
}

/** One line of a container's log. */
export interface LogLine {
  readonly time: string;
  readonly stream: string;
  readonly tag: string;
  readonly text: string;
}

/** What a container has logged so far. */
export async function readLog(pod: TestPod, file = "main/0.log"): Promise<readonly LogLine[]> {
  const text = await readFile(path.join(pod.config.logDirectory ?? "", file), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [time = "", stream = "", tag = "", ...words] = line.split(" ");
      return { time, stream, tag, text: words.join(" ") };
    });
}

/** Runs a command in a container; its output as text. */
export async function execSync(
  client: CriClient,
  containerId: string,
  cmd: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await client.execSync({
    containerId,
    cmd: [...cmd],
    timeout: BigInt(10 * slowness),
  });
  return { stdout: Buffer.from(stdout).toString(), stderr: Buffer.from(stderr).toString(), exitCode };
}

/** Gives the running daemon a configuration, and waits until it has said this of it, once more than before. */
export async function reconfigure(
  { crispd }: Pick<DaemonFixture, "crispd">,
  config: string,
  said = "configuration was read anew",
): Promise<void> {
  const count = (): number => crispd.logTail(100_000).split(said).length;
  const before = count();
  await writeFile(crispd.configFile, config);
  process.kill(crispd.pid(), "SIGHUP");
  await waitFor(`"${said}" in the log`, () => count() > before);
}
