import type { CriClient } from "#client";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import type { Contestant } from "../../conformance/bench/contestant.ts";
import { readCpuMs } from "../../conformance/bench/cpu-time.ts";
import { type RunningPod, removePodsWith, startPod } from "../../conformance/bench/pod-cycle.ts";
import { milliseconds, type Rounds, renderTable } from "../../conformance/bench/table.ts";
import { clientOf } from "../../test/support/cri-server.ts";
import type { Crispd } from "../../test/support/crispd.ts";
import { listProcesses } from "../../test/support/host-observe.ts";
import { waitFor } from "../../test/support/wait-for.ts";

/** One kill of crispd: times since it was started again, in milliseconds. */
export interface RecoveryRound {
  /** Version was answered. */
  readonly answeredMs: number;
  /** Lists told of every pod and container. */
  readonly listedMs: number;
  /** What had ended meanwhile was told as ended, and everything else as running. */
  readonly recoveredMs: number;
  /** Processor time of crispd until then: other work on the machine does not lengthen it. */
  readonly cpuMs: number;
}

export interface RecoveryOptions {
  readonly rounds: number;
  readonly pods: number;
  readonly parallel: number;
  readonly onRound: (round: number) => void;
}

/** Containers that end while crispd is away, in each round. */
const endedMeanwhile = 5;
const patienceMs = 60_000;

/** Kills crispd with many pods, lets some of their containers end meanwhile, and measures how long it takes to know again. */
export async function benchRecovery(
  crispd: Crispd,
  contestant: Contestant,
  { rounds, pods, parallel, onRound }: RecoveryOptions,
): Promise<readonly RecoveryRound[]> {
  const measured: RecoveryRound[] = [];
  try {
    const running = await startPods(crispd.client, contestant, { pods, parallel });
    for (let round = 1; round <= rounds; round += 1) {
      onRound(round);
      measured.push(await measureRound(crispd, running));
    }
  } finally {
    await removePodsWith(crispd.client, contestant.labels);
  }
  return measured;
}

export function renderRecoveryReport(rounds: readonly RecoveryRound[]): string {
  const results: readonly Rounds<RecoveryRound>[] = [{ name: "crisp", rounds }];
  const measure = (title: string, value: (round: RecoveryRound) => number) => ({
    title,
    samplesOf: (round: RecoveryRound) => [value(round)],
    format: milliseconds,
  });
  return renderTable(results, [
    measure("first answer, ms", ({ answeredMs }) => answeredMs),
    measure("whole lists, ms", ({ listedMs }) => listedMs),
    measure("recovered, ms", ({ recoveredMs }) => recoveredMs),
    measure("crispd's processor time until then, ms", ({ cpuMs }) => cpuMs),
  ]);
}

async function startPods(
  client: CriClient,
  { recipe }: Contestant,
  { pods, parallel }: Pick<RecoveryOptions, "pods" | "parallel">,
): Promise<RunningPod[]> {
  const names = Array.from({ length: pods }, (_, index) => `recovery-${index}`);
  const running: RunningPod[] = [];
  const worker = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      running.push(await startPod(client, recipe(name)));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return running;
}

async function measureRound(crispd: Crispd, running: RunningPod[]): Promise<RecoveryRound> {
  const total = (await crispd.client.listContainers({})).containers.length;
  const doomed = running.splice(0, endedMeanwhile);
  const pids = await initPids(crispd, doomed);
  await crispd.kill();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await waitFor("the monitors of what was ended to be gone", async () => {
    const processes = await listProcesses(crispd.scope);
    return !processes.some(({ command }) => doomed.some(({ containerId }) => command.includes(`--cid=${containerId}`)));
  });
  const client = clientOf(crispd.socketPath, 2_000);
  try {
    const startedAt = performance.now();
    const since = (): number => performance.now() - startedAt;
    const starting = crispd.start();
    await until("Version", async () => (await client.version({})).runtimeName !== "");
    const answeredMs = since();
    await until("the lists", async () => (await client.listContainers({})).containers.length === total);
    const listedMs = since();
    await until("recovery", () => isRecovered(client, { running, doomed }));
    const recoveredMs = since();
    const cpuMs = await readCpuMs(crispd.pid());
    await starting;
    return { answeredMs, listedMs, recoveredMs, cpuMs };
  } finally {
    client.close();
  }
}

/** A server that is not there yet is asked again. */
function until(what: string, isSo: () => Promise<boolean>): Promise<true> {
  return waitFor(what, async () => (await isSo().catch(() => false)) || undefined, {
    timeoutMs: patienceMs,
    intervalMs: 5,
  });
}

interface Expected {
  readonly running: readonly RunningPod[];
  readonly doomed: readonly RunningPod[];
}

async function isRecovered(client: CriClient, { running, doomed }: Expected): Promise<boolean> {
  const { containers } = await client.listContainers({});
  const states = new Map(containers.map(({ id, state }) => [id, state]));
  const are = (pods: readonly RunningPod[], wanted: ContainerState): boolean =>
    pods.every(({ containerId }) => states.get(containerId) === wanted);
  return are(running, ContainerState.CONTAINER_RUNNING) && are(doomed, ContainerState.CONTAINER_EXITED);
}

async function initPids({ client }: Crispd, pods: readonly RunningPod[]): Promise<readonly number[]> {
  const pids = [];
  for (const { containerId } of pods) {
    const { info } = await client.containerStatus({ containerId, verbose: true });
    pids.push(Number((JSON.parse(info["info"] ?? "{}") as { readonly pid?: number }).pid));
  }
  return pids;
}
