import { setTimeout as delay } from "node:timers/promises";
import type { EncodedCriClient } from "#client";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";

interface Poll {
  readonly everyMs: number;
  readonly call: () => Promise<unknown>;
}

/** Asks what a kubelet asks of a node whose pods do not change, at its times, for so long. */
export async function pollAsKubelet(
  client: EncodedCriClient,
  containerIds: readonly string[],
  seconds: number,
): Promise<void> {
  const endsAt = performance.now() + seconds * 1000;
  await Promise.all(pollsOf(client, containerIds).map((poll) => repeat(poll, endsAt)));
}

function pollsOf(client: EncodedCriClient, containerIds: readonly string[]): readonly Poll[] {
  const sandboxState = { state: PodSandboxState.SANDBOX_READY };
  const containerState = { state: ContainerState.CONTAINER_RUNNING };
  return [
    { everyMs: 5_000, call: () => client.status({}) },
    // The event generator.
    { everyMs: 1_000, call: () => both(client.listPodSandbox({}), client.listContainers({})) },
    // Housekeeping.
    {
      everyMs: 2_000,
      call: () =>
        both(
          client.listPodSandbox({ filter: { state: sandboxState } }),
          client.listContainers({ filter: { state: containerState } }),
        ),
    },
    // Eviction.
    {
      everyMs: 10_000,
      call: async () => {
        await client.imageFsInfo({});
        await both(client.listContainers({}), client.listPodSandbox({}));
        await client.listContainerStats({});
      },
    },
    // Rotation of logs.
    {
      everyMs: 10_000,
      call: async () => {
        await client.listContainers({});
        for (const containerId of containerIds) await client.containerStatus({ containerId });
      },
    },
  ];
}

async function both(one: Promise<unknown>, other: Promise<unknown>): Promise<void> {
  await Promise.all([one, other]);
}

async function repeat({ everyMs, call }: Poll, endsAt: number): Promise<void> {
  for (let nextAt = performance.now(); nextAt < endsAt; nextAt += everyMs) {
    await delay(Math.max(0, nextAt - performance.now()));
    await call();
  }
  await delay(Math.max(0, endsAt - performance.now()));
}
