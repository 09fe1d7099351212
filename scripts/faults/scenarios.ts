import type { CallOptions } from "#client";
import { Fault, isFault, messageOf } from "#foundation";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { containerConfig, type PodConfig, podConfig } from "../../test/support/pod-config.ts";
import { untilDone } from "./as-kubelet.ts";
import type { FaultNode } from "./node.ts";

/** What a scenario works on. */
export interface Target {
  readonly node: FaultNode;
  readonly config: PodConfig;
  podSandboxId: string;
  containerId: string;
}

/** An act of CRI that is disturbed. */
export interface Scenario {
  readonly name: string;
  /** How crispd's steps call it. */
  readonly act: string;
  /** Whether a container runs when it begins. */
  readonly hasContainer?: true;
  /** Makes what must be there before. */
  prepare(target: Target): Promise<void>;
  /** Asks for it, once. */
  request(target: Target, options: CallOptions): Promise<void>;
  /** Asks again as kubelet would, until what was asked for holds. @default `request` until it succeeds */
  repeat?(target: Target): Promise<void>;
  /** What is not as it was asked for; empty when all is well. */
  complaint(target: Target): Promise<string>;
}

const script = "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done";

/** A target that nothing has been done to. */
export function freshTarget(node: FaultNode): Target {
  return { node, config: podConfig(node.workspace, node.freshName()), podSandboxId: "", containerId: "" };
}

async function runPod(target: Target, options: CallOptions = {}): Promise<void> {
  const { client } = target.node.crispd;
  target.podSandboxId = (await client.runPodSandbox({ config: target.config }, options)).podSandboxId;
}

async function create(target: Target, options: CallOptions = {}, attempt = 0): Promise<void> {
  const { node, podSandboxId, config: sandboxConfig } = target;
  const changes = { metadata: { name: "main", attempt }, logPath: `main/${attempt}.log` };
  const config = containerConfig("main", node.image.reference, ["sh", "-c", script], changes);
  const request = { podSandboxId, config, sandboxConfig };
  target.containerId = (await node.crispd.client.createContainer(request, options)).containerId;
}

async function start({ node, containerId }: Target, options: CallOptions = {}): Promise<void> {
  await node.crispd.client.startContainer({ containerId }, options);
}

/** A container whose start was cut has ended; kubelet makes its next attempt. */
async function startAgain(target: Target): Promise<void> {
  await untilDone("start", async () => {
    const state = await stateOf(target);
    if (state === ContainerState.CONTAINER_RUNNING) return;
    if (state === ContainerState.CONTAINER_EXITED) await create(target, {}, 1);
    // A start that was given up goes on: what came of it is told by the state alone.
    await start(target).catch((error: unknown) => {
      throw isFault(error, "wrong-state") ? new Fault("busy", messageOf(error), { cause: error }) : error;
    });
  });
}

async function stateOf({ node, containerId }: Target): Promise<ContainerState | undefined> {
  try {
    return (await node.crispd.client.containerStatus({ containerId })).status?.state;
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}

async function runningPod(target: Target): Promise<void> {
  await runPod(target);
  await create(target);
  await start(target);
}

async function sandboxComplaint(target: Target, wanted: PodSandboxState | undefined): Promise<string> {
  const { items } = await target.node.crispd.client.listPodSandbox({});
  const uid = target.config.metadata?.uid;
  const found = items.filter(({ metadata }) => metadata?.uid === uid);
  const said = found.map(({ id, state }) => `${id.slice(0, 12)} ${PodSandboxState[state]}`).join(", ");
  const isRight =
    wanted === undefined
      ? found.length === 0
      : found.length === 1 && found[0]?.id === target.podSandboxId && found[0].state === wanted;
  return isRight ? "" : `pods of this name: ${said || "none"}`;
}

async function containerComplaint(target: Target, wanted: ContainerState | undefined): Promise<string> {
  const state = await stateOf(target);
  if (state !== wanted) return `the container is ${state === undefined ? "gone" : ContainerState[state]}`;
  const { containers } = await target.node.crispd.client.listContainers({
    filter: { podSandboxId: target.podSandboxId },
  });
  const attempts = containers.map(({ metadata }) => metadata?.attempt);
  return new Set(attempts).size === attempts.length ? "" : `the pod has ${attempts.length} containers of one name`;
}

async function imageComplaint({ node }: Target, isWanted: boolean): Promise<string> {
  const { reference: image } = node.otherImage;
  const isHere = (await node.crispd.client.imageStatus({ image: { image } })).image !== undefined;
  return isHere === isWanted ? "" : `the image is ${isHere ? "here" : "not here"}`;
}

const pullOther = async ({ node }: Target, options: CallOptions = {}): Promise<void> => {
  await node.crispd.client.pullImage({ image: { image: node.otherImage.reference } }, options);
};

export const scenarios: readonly Scenario[] = [
  {
    name: "run-sandbox",
    act: "sandbox run",
    prepare: () => Promise.resolve(),
    request: runPod,
    complaint: (target) => sandboxComplaint(target, PodSandboxState.SANDBOX_READY),
  },
  {
    name: "create-container",
    act: "container create",
    prepare: runPod,
    request: create,
    complaint: (target) => containerComplaint(target, ContainerState.CONTAINER_CREATED),
  },
  {
    name: "start-container",
    act: "container start",
    prepare: async (target) => {
      await runPod(target);
      await create(target);
    },
    request: start,
    repeat: startAgain,
    complaint: (target) => containerComplaint(target, ContainerState.CONTAINER_RUNNING),
  },
  {
    name: "stop-container",
    act: "container stop",
    hasContainer: true,
    prepare: runningPod,
    request: async ({ node, containerId }, options) => {
      await node.crispd.client.stopContainer({ containerId, timeout: 2n }, options);
    },
    complaint: (target) => containerComplaint(target, ContainerState.CONTAINER_EXITED),
  },
  {
    name: "remove-container",
    act: "container remove",
    hasContainer: true,
    prepare: runningPod,
    request: async ({ node, containerId }, options) => {
      await node.crispd.client.removeContainer({ containerId }, options);
    },
    complaint: (target) => containerComplaint(target, undefined),
  },
  {
    name: "stop-sandbox",
    act: "sandbox stop",
    hasContainer: true,
    prepare: runningPod,
    request: async ({ node, podSandboxId }, options) => {
      await node.crispd.client.stopPodSandbox({ podSandboxId }, options);
    },
    complaint: (target) => sandboxComplaint(target, PodSandboxState.SANDBOX_NOTREADY),
  },
  {
    name: "remove-sandbox",
    act: "sandbox remove",
    hasContainer: true,
    prepare: runningPod,
    request: async ({ node, podSandboxId }, options) => {
      await node.crispd.client.removePodSandbox({ podSandboxId }, options);
    },
    complaint: (target) => sandboxComplaint(target, undefined),
  },
  {
    name: "pull-image",
    act: "image pull",
    prepare: () => Promise.resolve(),
    request: pullOther,
    complaint: (target) => imageComplaint(target, true),
  },
  {
    name: "remove-image",
    act: "image remove",
    prepare: pullOther,
    request: async ({ node }, options) => {
      await node.crispd.client.removeImage({ image: { image: node.otherImage.reference } }, options);
    },
    complaint: (target) => imageComplaint(target, false),
  },
];

/** Those that a text is about which selects cases: all, unless it names some. */
export function chooseScenarios(only = ""): readonly Scenario[] {
  const named = scenarios.filter(({ name }) => only.includes(name));
  return named.length > 0 ? named : scenarios;
}

/** Takes away what a scenario has made, as kubelet would. */
export async function removeTarget({ node, config }: Target): Promise<void> {
  const { client } = node.crispd;
  const { items } = await client.listPodSandbox({});
  for (const { id: podSandboxId } of items.filter(({ metadata }) => metadata?.uid === config.metadata?.uid)) {
    await untilDone("stop pod", () => client.stopPodSandbox({ podSandboxId }));
    await untilDone("remove pod", () => client.removePodSandbox({ podSandboxId }));
  }
  await untilDone("remove image", () => client.removeImage({ image: { image: node.otherImage.reference } }));
}
