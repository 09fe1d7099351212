import { randomUUID } from "node:crypto";
import path from "node:path";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import type { Contestant, ContestantProcesses } from "../../conformance/bench/contestant.ts";
import type { PullContestant } from "../../conformance/bench/pull.ts";
import type { StatsContestant } from "../../conformance/bench/stats.ts";
import type { StreamContestant } from "../../conformance/bench/stream.ts";
import { startContainerd } from "../../test/support/containerd.ts";
import { clientOf } from "../../test/support/cri-server.ts";
import { type Crispd, type CrispdOptions, startCrispd } from "../../test/support/crispd.ts";
import { listProcesses } from "../../test/support/host-observe.ts";
import { containerConfig, podConfig } from "../../test/support/pod-config.ts";
import { runtimeToml, testHandlers } from "../../test/support/test-handlers.ts";
import { type Arena, largeFile, streamCommand, workloadCommand } from "./arena.ts";
import { loopProbeEnvironment, takeLoopDelay } from "./loop-delay.ts";
import type { ContestantName } from "./options.ts";
import { readServedCalls } from "./served-calls.ts";

interface Server {
  readonly socketPath: string;
  pid(): number;
}

/** Starts a server for the benchmark, which `cleanUp` ends, and pulls the workload's image into it. */
export async function startContestant(
  arena: Arena,
  name: ContestantName,
  cleanUp: AsyncDisposableStack,
): Promise<Contestant> {
  return await contestantAt(arena, name, cleanUp.use(await startServer(arena, name)));
}

/** A server that has the workload's image, and whose processes are known. */
async function contestantAt(arena: Arena, name: ContestantName, server: Server): Promise<Contestant> {
  await pullWorkload(server, arena.workload.reference);
  return {
    ...contestantOf(arena, name, server.socketPath, arena.workload.reference),
    findProcesses: () => findProcesses(arena, server),
  };
}

/** Starts a crispd that will be killed and started again, which `cleanUp` ends. */
export async function startRecoveryContestant(
  arena: Arena,
  cleanUp: AsyncDisposableStack,
): Promise<{ readonly crispd: Crispd; readonly contestant: Contestant }> {
  const { workspace, cni, workload } = arena;
  const crispd = cleanUp.use(await startCrispd(workspace, { cni, logLevel: "info" }));
  await pullWorkload(crispd, workload.reference);
  return { crispd, contestant: contestantOf(arena, "crisp", crispd.socketPath, workload.reference) };
}

/** Starts a server for the benchmark of pulls, which `cleanUp` ends. */
export async function startPullContestant(
  arena: Arena,
  name: ContestantName,
  { image, cleanUp }: { readonly image: string; readonly cleanUp: AsyncDisposableStack },
): Promise<PullContestant> {
  const probe = path.join(arena.workspace.dir, "loop.sock");
  const server = cleanUp.use(await startServer(arena, name, { environment: loopProbeEnvironment(probe) }));
  const contestant = { name, endpoint: `unix://${server.socketPath}`, image, pid: () => server.pid() };
  // Only ours has such a loop.
  return name === "crisp" ? { ...contestant, takeLoopDelay: () => takeLoopDelay(probe) } : contestant;
}

/** The same for the benchmark of streams. */
export async function startStreamContestant(
  arena: Arena,
  name: ContestantName,
  cleanUp: AsyncDisposableStack,
): Promise<StreamContestant> {
  return streamContestantOf(await startContestant(arena, name, cleanUp), arena.workload.reference);
}

/** Any contestant, with pods that serve the large file. */
export function streamContestantOf(contestant: Contestant, image: string): StreamContestant {
  return {
    ...contestant,
    largeFile: largeFile.path,
    largeBytes: largeFile.bytes,
    port: largeFile.port,
    recipe: (podName) => ({
      ...contestant.recipe(podName),
      container: containerConfig("main", image, streamCommand),
    }),
  };
}

/** The same for the benchmark of stats. */
export async function startStatsContestant(
  arena: Arena,
  name: ContestantName,
  cleanUp: AsyncDisposableStack,
): Promise<StatsContestant> {
  const { dir } = arena.workspace;
  const metrics = path.join(dir, "metrics.sock");
  const server = cleanUp.use(
    await startServer(arena, name, { config: `[metrics]\naddress = ${JSON.stringify(`unix://${metrics}`)}\n` }),
  );
  const contestant = await contestantAt(arena, name, server);
  // Only ours tells of its calls.
  const told = name === "crisp" ? { ...contestant, readServedCalls: () => readServedCalls(metrics) } : contestant;
  return statsContestantOf(arena, told, arena.workload.reference);
}

/** Any contestant, with a cgroup for each pod, as kubelet has it, and records of pods on the node's network. */
export function statsContestantOf({ workspace }: Arena, contestant: Contestant, image: string): StatsContestant {
  const { name, labels } = contestant;
  return {
    ...contestant,
    recipe: (podName) => ({
      ...contestant.recipe(podName),
      sandbox: podConfig(workspace, podName, {
        labels: { ...labels, ...kubeletLabels(podName) },
        annotations: kubeletAnnotations,
        cgroupParent: `${workspace.cgroupParent}/${name}-${podName}`,
      }),
    }),
    recordRecipe: (recordName) => ({
      sandbox: podConfig(workspace, recordName, {
        labels: { ...labels, ...kubeletLabels(recordName) },
        annotations: kubeletAnnotations,
        namespaces: { network: NamespaceMode.NODE },
        // As kubelet has it: containerd refuses one on the node's network.
        hostname: "",
      }),
      container: containerConfig(recordName, image, workloadCommand, {
        labels: kubeletLabels(recordName),
        annotations: kubeletAnnotations,
      }),
    }),
  };
}

/** What kubelet writes to each pod and container: it is most of what a list carries. */
function kubeletLabels(podName: string): Readonly<Record<string, string>> {
  return {
    app: "bench",
    "io.kubernetes.container.name": "main",
    "io.kubernetes.pod.name": podName,
    "io.kubernetes.pod.namespace": "default",
    "io.kubernetes.pod.uid": randomUUID(),
  };
}

const kubeletAnnotations: Record<string, string> = {
  "io.kubernetes.container.hash": "7f886744",
  "io.kubernetes.container.restartCount": "0",
  "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
  "io.kubernetes.container.terminationMessagePolicy": "File",
  "io.kubernetes.pod.terminationGracePeriod": "30",
};

/** The handlers that are compared: those that a Debian machine has, with the same runc beneath where there is one. */
const comparedHandlers = ["runc", "crun", "shim"];

/** One crispd with several handlers, and containerd last, each handler a contestant of its own. */
export async function startHandlerContestants(
  arena: Arena,
  cleanUp: AsyncDisposableStack,
): Promise<readonly Contestant[]> {
  const { workspace, workload, cni } = arena;
  const handlers = testHandlers.filter(({ name }) => comparedHandlers.includes(name));
  const tables = await Promise.all(handlers.map((handler) => runtimeToml(handler, workspace.dir)));
  const crispd = cleanUp.use(await startCrispd(workspace, { cni, logLevel: "info", config: tables.join("\n") }));
  await pullWorkload(crispd, workload.reference);
  const containerd = await startContestant(arena, "containerd", cleanUp);
  const ours = handlers.map(({ name }): Contestant => {
    const known = contestantOf(arena, `crisp ${name}`, crispd.socketPath, workload.reference);
    return {
      ...known,
      recipe: (podName) => ({ ...known.recipe(`${name}-${podName}`), handler: name }),
      findProcesses: () => findProcesses(arena, crispd),
    };
  });
  return [...ours, containerd];
}

async function pullWorkload({ socketPath }: Server, image: string): Promise<void> {
  const client = clientOf(socketPath);
  await client.pullImage({ image: { image } });
  client.close();
}

/** A server as the benchmark knows it, without a look at its processes. */
export function contestantOf(arena: Arena, name: string, socketPath: string, image: string): Contestant {
  const labels = { "crisp-bench": arena.workspace.id };
  return {
    name,
    endpoint: `unix://${socketPath}`,
    labels,
    recipe: (podName) => ({
      sandbox: podConfig(arena.workspace, podName, { labels }),
      container: containerConfig("main", image, workloadCommand),
    }),
  };
}

function startServer(
  arena: Arena,
  name: ContestantName,
  // Of a crispd alone.
  options: Pick<CrispdOptions, "environment" | "config"> = {},
): Promise<Server & AsyncDisposable> {
  switch (name) {
    case "crisp":
      return startCrispd(arena.workspace, { ...options, cni: arena.cni, logLevel: "info" });
    case "containerd":
      return startContainerd(arena.workspace, { cni: arena.cni, sandboxImage: arena.pause.reference });
  }
}

/** What runs for the server's pods: everything in the arena but the workload and what the benchmark itself started. */
async function findProcesses(arena: Arena, server: Server): Promise<ContestantProcesses> {
  const workload = workloadCommand.join(" ");
  const all = await listProcesses(arena.workspace);
  const keepers = all.filter(({ command, parentPid }) => command !== workload && parentPid !== process.pid);
  return { daemon: server.pid(), keepers: keepers.map(({ pid }) => pid) };
}
