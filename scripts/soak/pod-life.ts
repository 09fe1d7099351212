import { readFile } from "node:fs/promises";
import path from "node:path";
import type { CriClient } from "#client";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import { containerConfig, type PodConfig, podConfig } from "../../test/support/pod-config.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import type { Workspace } from "../../test/support/workspace.ts";
import { asKubelet, giveUpFirst } from "./as-kubelet.ts";
import type { Dice } from "./dice.ts";

export interface PodLifeDeps {
  readonly client: CriClient;
  readonly workspace: Workspace;
  readonly image: string;
  readonly dice: Dice;
}

/** A container that runs, and what it was told to do. */
interface Running {
  readonly name: string;
  readonly containerId: string;
  /** It writes so many numbered lines. */
  readonly lines: number;
}

/** One pod from its beginning to its end; throws when anything is not as a kubelet would expect it. */
export async function livePod(deps: PodLifeDeps, name: string): Promise<void> {
  const { client, dice } = deps;
  const config = podConfig(deps.workspace, name);
  const run = (options: { readonly signal?: AbortSignal }) => client.runPodSandbox({ config }, options);
  const { podSandboxId } = dice.chance(0.2)
    ? await giveUpFirst("run pod", run)
    : await asKubelet("run pod", () => run({}));
  const containers: Running[] = [];
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    containers.push(await startContainer(deps, { podSandboxId, config, name: `c${count}` }));
  }
  for (const container of containers) await askBack(deps, container);
  for (const container of containers) await expectLog(deps, config, container);
  if (dice.chance(0.5)) await stopOne(deps, containers[0]);
  if (dice.chance(0.7)) await asKubelet("stop pod", () => client.stopPodSandbox({ podSandboxId }));
  await asKubelet("remove pod", () => client.removePodSandbox({ podSandboxId }));
  const { items } = await asKubelet("list pods", () => client.listPodSandbox({ filter: { id: podSandboxId } }));
  if (items.length > 0) throw new Error(`pod ${name} is still listed after it was removed`);
}

async function startContainer(
  { client, image, dice }: PodLifeDeps,
  { podSandboxId, config, name }: { readonly podSandboxId: string; readonly config: PodConfig; readonly name: string },
): Promise<Running> {
  const lines = 1 + dice.below(500);
  const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; done; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done`;
  const request = {
    podSandboxId,
    config: containerConfig(name, image, ["sh", "-c", script]),
    sandboxConfig: config,
  };
  const create = (options: { readonly signal?: AbortSignal }) => client.createContainer(request, options);
  const { containerId } = dice.chance(0.2)
    ? await giveUpFirst("create container", create)
    : await asKubelet("create container", () => create({}));
  await start(client, containerId);
  return { name, containerId, lines };
}

/** A start that the daemon's end interrupted is not tried again by crispd: the container has ended then, and says so. */
async function start(client: CriClient, containerId: string): Promise<void> {
  const state = async (): Promise<ContainerState | undefined> =>
    (await client.containerStatus({ containerId })).status?.state;
  await asKubelet("start container", async () => {
    if ((await state()) === ContainerState.CONTAINER_CREATED) await client.startContainer({ containerId });
  });
}

/** Runs a command in the container, when it lived through its start, and compares what comes back. */
async function askBack({ client, dice }: PodLifeDeps, { containerId }: Running): Promise<void> {
  if (!(await isRunning(client, containerId))) return;
  const word = String(dice.below(1_000_000));
  const answer = await asKubelet("exec", () =>
    client.execSync({ containerId, cmd: ["sh", "-c", `echo ${word}; exit 3`], timeout: 30n }),
  );
  const said = Buffer.from(answer.stdout).toString();
  if (said !== `${word}\n` || answer.exitCode !== 3) {
    throw new Error(`exec answered ${JSON.stringify(said)} and ${answer.exitCode}, not ${word} and 3`);
  }
}

async function isRunning(client: CriClient, containerId: string): Promise<boolean> {
  const { status } = await asKubelet("container status", () => client.containerStatus({ containerId }));
  return status?.state === ContainerState.CONTAINER_RUNNING;
}

/**
 * Every line once and in order, whatever happened to crispd meanwhile. A
 * container whose start was cut off by the daemon's end has the first of them.
 */
async function expectLog(
  { client }: PodLifeDeps,
  { logDirectory = "" }: PodConfig,
  { name, lines, containerId }: Running,
): Promise<void> {
  const { status } = await asKubelet("container status", () => client.containerStatus({ containerId }));
  const wasCut = status?.reason === "StartError";
  const file = path.join(logDirectory, name, "0.log");
  const wanted = Array.from({ length: lines }, (_, index) => `line ${index + 1}`);
  const read = async (): Promise<readonly string[]> =>
    (await readFile(file, "utf8"))
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ").slice(3).join(" "));
  await waitFor(`${lines} lines in ${file}`, async () => {
    const found = await read().catch(() => []);
    const wrong = found.findIndex((line, index) => line !== wanted[index]);
    if (wrong !== -1) throw new Error(`${file}: line ${wrong + 1} is ${JSON.stringify(found[wrong])}`);
    return wasCut || found.length === wanted.length;
  });
}

async function stopOne({ client, dice }: PodLifeDeps, container: Running | undefined): Promise<void> {
  if (container === undefined) return;
  const { containerId } = container;
  await asKubelet("stop container", () => client.stopContainer({ containerId, timeout: BigInt(dice.below(3)) }));
  if (await isRunning(client, containerId)) throw new Error(`container ${containerId} runs after it was stopped`);
  if (dice.chance(0.5)) await asKubelet("remove container", () => client.removeContainer({ containerId }));
}
