import { type CriClient, createCriClient, createEncodedCriClient, type EncodedCriClient } from "#client";
import type { Contestant, PodRecipe, ServedCalls } from "./contestant.ts";
import { type CpuShares, measureCallCpu, measureCpu } from "./cpu-time.ts";
import { drain } from "./drain.ts";
import { pollAsKubelet } from "./kubelet-polling.ts";
import { type RunningPod, removePodsWith, startPod } from "./pod-cycle.ts";
import { type TurnOptions, takeTurns } from "./turns.ts";

/** A CRI server whose lists and stats are measured. */
export interface StatsContestant extends Contestant {
  /** What becomes a record only: a sandbox that is ended at once, a container that is never started. */
  readonly recordRecipe: (name: string) => PodRecipe;
}

export interface StatsBenchOptions extends TurnOptions {
  /** Pods that run, each with one container. */
  readonly pods: number;
  /** Containers and sandboxes that are listed, those of the pods among them. */
  readonly records: number;
  /** Calls of a turn of each kind. */
  readonly calls: number;
  /** How long the processor's time is measured in a turn while a kubelet polls. */
  readonly pollSeconds: number;
  /** Acts at once while pods and records are made. */
  readonly parallel: number;
}

/** What one turn of one contestant measured; times in milliseconds, by name of what was called. */
export interface StatsRound {
  readonly calls: Readonly<Record<string, Timed>>;
  /** Of one processor, while a kubelet polled; undefined when its processes are not known. */
  readonly polled: CpuShares | undefined;
}

interface Timed {
  readonly callMs: readonly number[];
  /** The daemon's own time for each call, which other work on the machine does not lengthen. */
  readonly cpuMs: number | undefined;
  /** From a call's arrival at the server to its answer, on the average. */
  readonly servedMs: number | undefined;
}

/** Deadline of each call: far above what any of them takes, so that a hang ends the benchmark. */
const callTimeoutMs = 120_000;

/**
 * Measures what contestants tell of their pods, in turn: first with the pods alone, then with many records. Answers are
 * not decoded: what a call takes is the server's, the transport's and the kernel's.
 */
export async function benchStats(
  contestants: readonly StatsContestant[],
  options: StatsBenchOptions,
): Promise<readonly { readonly name: string; readonly rounds: readonly StatsRound[] }[]> {
  await using cleanUp = new AsyncDisposableStack();
  const prepared: Prepared[] = [];
  for (const contestant of contestants) prepared.push(await prepare(contestant, options, cleanUp));
  for (const each of prepared) await measureUsage(each, 3);
  const usages = await takeTurns(prepared, options, async (each) => ({
    calls: await measureUsage(each, options.calls),
    polled: await measurePolling(each, options.pollSeconds),
  }));
  for (const each of prepared) await addRecords(each, options);
  for (const each of prepared) await measureLists(each, options, 3);
  const lists = await takeTurns(prepared, options, (each) => measureLists(each, options, options.calls));
  return usages.map(({ name, rounds }, index) => ({
    name,
    rounds: rounds.map(({ calls, polled }, round) => ({
      calls: { ...calls, ...lists[index]?.rounds[round] },
      polled,
    })),
  }));
}

interface Prepared {
  readonly name: string;
  readonly contestant: StatsContestant;
  readonly client: CriClient;
  /** Its answers are not decoded. */
  readonly encoded: EncodedCriClient;
  readonly pods: readonly StatsPod[];
}

interface StatsPod extends RunningPod {
  readonly sandbox: PodRecipe["sandbox"];
}

/** Starts the pods; they and the clients end with `cleanUp`. */
async function prepare(
  contestant: StatsContestant,
  { pods: count, parallel }: StatsBenchOptions,
  cleanUp: AsyncDisposableStack,
): Promise<Prepared> {
  const { endpoint, labels } = contestant;
  const client = createCriClient({ endpoint, timeoutMs: callTimeoutMs });
  const encoded = createEncodedCriClient({ endpoint, timeoutMs: callTimeoutMs });
  cleanUp.defer(async () => {
    await removePodsWith(client, labels);
    client.close();
    encoded.close();
  });
  const pods: StatsPod[] = [];
  await drain(numbersTo(count), parallel, async (index) => {
    const recipe = contestant.recipe(`stats-${index}`);
    pods.push({ ...(await startPod(client, recipe)), sandbox: recipe.sandbox });
  });
  return { name: contestant.name, contestant, client, encoded, pods };
}

async function addRecords(prepared: Prepared, { records, parallel }: StatsBenchOptions): Promise<void> {
  const { client, contestant, pods } = prepared;
  await drain(numbersTo(Math.max(0, records - pods.length)), parallel, async (index) => {
    const recipe = contestant.recordRecipe(`record-${index}`);
    const pod = pods[index % pods.length];
    if (pod === undefined) throw new Error("no pod for containers that are records");
    const { podSandboxId, sandbox: sandboxConfig } = pod;
    await client.createContainer({ podSandboxId, config: recipe.container, sandboxConfig });
    const ended = await client.runPodSandbox({ config: recipe.sandbox });
    await client.stopPodSandbox({ podSandboxId: ended.podSandboxId });
  });
}

type Calls = StatsRound["calls"];

async function measureUsage(prepared: Prepared, calls: number): Promise<Calls> {
  const { encoded, pods } = prepared;
  const of = `${pods.length} pods`;
  return await timeEach(prepared, calls, {
    [`ListContainerStats, ${of}`]: () => encoded.listContainerStats({}),
    [`ListPodSandboxStats, ${of}`]: () => encoded.listPodSandboxStats({}),
    [`ListPodSandboxMetrics, ${of}`]: () => encoded.listPodSandboxMetrics({}),
  });
}

async function measureLists(prepared: Prepared, { records }: StatsBenchOptions, calls: number): Promise<Calls> {
  const { encoded } = prepared;
  return await timeEach(prepared, calls, {
    [`ListContainers, ${records} records`]: () => encoded.listContainers({}),
    [`ListPodSandbox, ${records} records`]: () => encoded.listPodSandbox({}),
    // The same road for almost no answer: what is left of the others is the server's own.
    Version: () => encoded.version({}),
  });
}

async function timeEach(
  { contestant }: Prepared,
  calls: number,
  // By the method's name, before what else is to be said of it.
  acts: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Calls> {
  const processes = await contestant.findProcesses?.();
  const timed: Record<string, Timed> = {};
  for (const [name, act] of Object.entries(acts)) {
    const before = await contestant.readServedCalls?.();
    const measured = await measureCallCpu(processes?.daemon, () => timeCalls(calls, act));
    const after = await contestant.readServedCalls?.();
    const method = name.split(",")[0] ?? name;
    timed[name] = { ...measured, servedMs: averageBetween(before?.get(method), after?.get(method)) };
  }
  return timed;
}

function averageBetween(before: ServedCalls | undefined, after: ServedCalls | undefined): number | undefined {
  if (after === undefined) return undefined;
  const count = after.count - (before?.count ?? 0);
  return count === 0 ? undefined : (after.totalMs - (before?.totalMs ?? 0)) / count;
}

/** No samples of what a server does not have. */
async function timeCalls(calls: number, call: () => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    const startedAt = performance.now();
    try {
      await call();
    } catch (error) {
      if ((error as { readonly kind?: unknown }).kind === "unsupported") return [];
      throw error;
    }
    samples.push(performance.now() - startedAt);
  }
  return samples;
}

async function measurePolling(
  { contestant, encoded, pods }: Prepared,
  seconds: number,
): Promise<CpuShares | undefined> {
  const processes = await contestant.findProcesses?.();
  if (processes === undefined) return undefined;
  const containerIds = pods.map(({ containerId }) => containerId);
  return await measureCpu(processes, () => pollAsKubelet(encoded, containerIds, seconds));
}

function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
