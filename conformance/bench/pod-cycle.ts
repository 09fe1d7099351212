import type { CriClient } from "#client";
import type { PodRecipe } from "./contestant.ts";

/** A pod that runs. */
export interface RunningPod {
  readonly podSandboxId: string;
  readonly containerId: string;
}

/** Runs a sandbox, and creates and starts its container, as kubelet would. */
export async function startPod(
  client: CriClient,
  { sandbox, container, handler = "" }: PodRecipe,
): Promise<RunningPod> {
  const { podSandboxId } = await client.runPodSandbox({ config: sandbox, runtimeHandler: handler });
  const { containerId } = await client.createContainer({ podSandboxId, config: container, sandboxConfig: sandbox });
  await client.startContainer({ containerId });
  return { podSandboxId, containerId };
}

/** Stops and removes a pod, as kubelet would; the container is killed without a grace period. */
export async function endPod(client: CriClient, { podSandboxId, containerId }: RunningPod): Promise<void> {
  await client.stopContainer({ containerId, timeout: 0n });
  await client.removeContainer({ containerId });
  await client.stopPodSandbox({ podSandboxId });
  await client.removePodSandbox({ podSandboxId });
}

/** Removes every sandbox that carries these labels, its containers included. */
export async function removePodsWith(client: CriClient, labels: Readonly<Record<string, string>>): Promise<void> {
  const { items } = await client.listPodSandbox({ filter: { labelSelector: { ...labels } } });
  for (const { id: podSandboxId } of items) {
    await client.stopPodSandbox({ podSandboxId });
    await client.removePodSandbox({ podSandboxId });
  }
}
