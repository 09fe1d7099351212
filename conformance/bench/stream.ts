import { type CriClient, createCriClient, openPortForward, openRemoteProcess, type StreamTransport } from "#client";
import type { Contestant } from "./contestant.ts";
import { type RunningPod, removePodsWith, startPod } from "./pod-cycle.ts";
import { type Hold, holdSessions } from "./sessions.ts";
import { type TurnOptions, takeTurns } from "./turns.ts";

/** A CRI server whose streams are measured, and what its pod has for that. */
export interface StreamContestant extends Contestant {
  /** A file in the container, of `largeBytes`. */
  readonly largeFile: string;
  readonly largeBytes: number;
  /** Where the pod gives `largeFile` to whoever connects. */
  readonly port: number;
}

export interface StreamBenchOptions extends TurnOptions {
  /** Commands of a turn that run one after the other, over each transport. */
  readonly sequentialExecs: number;
  /** Commands that are there at once. */
  readonly sessions: number;
}

/** What one turn of one contestant measured. */
export interface StreamRound {
  /** From the first byte to the streaming server to the exit status, by transport. */
  readonly execMs: Readonly<Record<StreamTransport, readonly number[]>>;
  readonly outputBytesPerSecond: number;
  readonly forwardBytesPerSecond: number;
  readonly hold: Hold;
}

/** Deadline of each call and stream: far above what any of them takes, so that a hang ends the benchmark. */
const actTimeoutMs = 120_000;

/** Measures the streams of contestants in turn, each in a pod of its own that is there for all its turns. */
export async function benchStream(
  contestants: readonly StreamContestant[],
  options: StreamBenchOptions,
): Promise<readonly { readonly name: string; readonly rounds: readonly StreamRound[] }[]> {
  await using cleanUp = new AsyncDisposableStack();
  const prepared: Prepared[] = [];
  for (const contestant of contestants) prepared.push(await prepare(contestant, cleanUp));
  for (const each of prepared) await measureStreams(each, warmUp);
  return await takeTurns(prepared, options, (each) => measureStreams(each, options));
}

const warmUp = { sequentialExecs: 3, sessions: 3 };

interface Prepared {
  readonly name: string;
  readonly contestant: StreamContestant;
  readonly client: CriClient;
  readonly pod: RunningPod;
}

/** Starts the pod; it and the client end with `cleanUp`. */
async function prepare(contestant: StreamContestant, cleanUp: AsyncDisposableStack): Promise<Prepared> {
  const client = createCriClient({ endpoint: contestant.endpoint, timeoutMs: actTimeoutMs });
  cleanUp.defer(async () => {
    await removePodsWith(client, contestant.labels);
    client.close();
  });
  const pod = await startPod(client, contestant.recipe("streams"));
  await awaitListener(client, pod, contestant.port);
  return { name: contestant.name, contestant, client, pod };
}

/** The kernel's table says when the pod's server listens, without a connection that it would have to serve. */
async function awaitListener(client: CriClient, { containerId }: RunningPod, port: number): Promise<void> {
  const listening = `:${port.toString(16).toUpperCase().padStart(4, "0")} .* 0A `;
  const script = `until grep -q '${listening}' /proc/net/tcp /proc/net/tcp6; do :; done`;
  await client.execSync({ containerId, cmd: ["/bin/sh", "-c", script], timeout: 30n });
}

type Amount = Pick<StreamBenchOptions, "sequentialExecs" | "sessions">;

async function measureStreams(prepared: Prepared, { sequentialExecs, sessions }: Amount): Promise<StreamRound> {
  return {
    execMs: {
      spdy: await measureExecs(prepared, "spdy", sequentialExecs),
      websocket: await measureExecs(prepared, "websocket", sequentialExecs),
    },
    outputBytesPerSecond: await measureOutput(prepared),
    forwardBytesPerSecond: await measureForward(prepared),
    hold: await holdSessions(prepared.client, { ...prepared, containerId: prepared.pod.containerId, sessions }),
  };
}

async function measureExecs(
  { client, pod: { containerId } }: Prepared,
  transport: StreamTransport,
  count: number,
): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const wanted = { tty: false, stdin: false, stdout: true, stderr: true };
    const { url } = await client.exec({ containerId, cmd: ["/bin/true"], ...wanted });
    const startedAt = performance.now();
    const remote = await openRemoteProcess({ url, transport, ...wanted, signal: AbortSignal.timeout(actTimeoutMs) });
    remote.stdout?.resume();
    remote.stderr?.resume();
    const exitCode = await remote.exitCode;
    samples.push(performance.now() - startedAt);
    remote.close();
    if (exitCode !== 0) throw new Error(`exec of true over ${transport}: exit code ${exitCode}`);
  }
  return samples;
}

async function measureOutput({ client, contestant, pod: { containerId } }: Prepared): Promise<number> {
  const wanted = { tty: false, stdin: false, stdout: true, stderr: false };
  const { url } = await client.exec({ containerId, cmd: ["/bin/cat", contestant.largeFile], ...wanted });
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(actTimeoutMs);
  const remote = await openRemoteProcess({ url, transport: "spdy", ...wanted, signal });
  const bytes = await countBytes(remote.stdout);
  const exitCode = await remote.exitCode;
  const seconds = (performance.now() - startedAt) / 1000;
  remote.close();
  assertWhole("output of cat", bytes, contestant);
  if (exitCode !== 0) throw new Error(`exec of cat: exit code ${exitCode}`);
  return bytes / seconds;
}

async function measureForward({ client, contestant, pod: { podSandboxId } }: Prepared): Promise<number> {
  const { port } = contestant;
  const { url } = await client.portForward({ podSandboxId, port: [port] });
  const startedAt = performance.now();
  const forward = await openPortForward({ url, transport: "spdy", signal: AbortSignal.timeout(actTimeoutMs) });
  const { data, outcome } = await forward.connect(port);
  const bytes = await countBytes(data);
  const seconds = (performance.now() - startedAt) / 1000;
  data.end();
  await outcome;
  forward.close();
  assertWhole("forwarded port", bytes, contestant);
  return bytes / seconds;
}

async function countBytes(stream: AsyncIterable<Buffer> | undefined): Promise<number> {
  let count = 0;
  for await (const bytes of stream ?? []) count += bytes.length;
  return count;
}

function assertWhole(what: string, bytes: number, { name, largeBytes }: StreamContestant): void {
  if (bytes !== largeBytes) throw new Error(`${what} of ${name}: ${bytes} bytes came of ${largeBytes}`);
}
