import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type CriClient, openRemoteProcess, type RemoteProcess } from "#client";
import type { Contestant } from "./contestant.ts";
import { readRssBytes } from "./process-tree.ts";

/** What a server and all that it keeps beside itself hold. */
export interface Held {
  readonly rssBytes: number;
  /** Of the server itself. */
  readonly descriptors: number;
  readonly processes: number;
}

/** Many sessions at once: how long they took to be there and to end, and what the server held. */
export interface Hold {
  readonly openMs: number;
  readonly endMs: number;
  /** Undefined when the server's processes are not known. */
  readonly before: Held | undefined;
  readonly during: Held | undefined;
  /** Once descriptors and processes were what they had been, or time was over. */
  readonly after: Held | undefined;
}

export interface HoldOptions {
  readonly contestant: Contestant;
  readonly containerId: string;
  readonly sessions: number;
}

const settleMs = 30_000;
const lookEveryMs = 50;
const sessionTimeoutMs = 120_000;
const wanted = { tty: false, stdin: true, stdout: true, stderr: true } as const;

/**
 * Opens many sessions of a command that waits for its input's end, ends them, and looks what is given back.
 *
 * Any session's failure is thrown.
 */
export async function holdSessions(
  client: CriClient,
  { contestant, containerId, sessions }: HoldOptions,
): Promise<Hold> {
  const before = await look(contestant);
  const startedAt = performance.now();
  const opening = Array.from({ length: sessions }, () => openSession(client, containerId));
  const opened = await Promise.all(opening);
  const openMs = performance.now() - startedAt;
  const during = await look(contestant);
  const endedAt = performance.now();
  await Promise.all(opened.map(endSession));
  const endMs = performance.now() - endedAt;
  return { openMs, endMs, before, during, after: await settle(contestant, before) };
}

/** A session whose command has begun, as its first output tells. */
async function openSession(client: CriClient, containerId: string): Promise<RemoteProcess> {
  const { url } = await client.exec({ containerId, cmd: ["/bin/cat"], ...wanted });
  const signal = AbortSignal.timeout(sessionTimeoutMs);
  const remote = await openRemoteProcess({ url, transport: "spdy", ...wanted, signal });
  remote.stderr?.resume();
  remote.stdin?.write("up");
  await new Promise<void>((resolve, reject) => {
    remote.stdout?.once("data", () => resolve());
    remote.exitCode.catch(reject);
  });
  return remote;
}

async function endSession(remote: RemoteProcess): Promise<void> {
  remote.stdin?.end();
  const exitCode = await remote.exitCode;
  remote.close();
  if (exitCode !== 0) throw new Error(`one of many sessions: exit code ${exitCode}`);
}

/** Looks until the server has no more descriptors and processes than before; what it says at the end of its time counts. */
async function settle(contestant: Contestant, before: Held | undefined): Promise<Held | undefined> {
  const until = performance.now() + settleMs;
  for (;;) {
    const held = await look(contestant);
    if (held === undefined || before === undefined || performance.now() > until) return held;
    if (held.descriptors <= before.descriptors && held.processes <= before.processes) return held;
    await delay(lookEveryMs);
  }
}

async function look(contestant: Contestant): Promise<Held | undefined> {
  const processes = await contestant.findProcesses?.();
  if (processes === undefined) return undefined;
  const { daemon, keepers } = processes;
  const sizes = await Promise.all([daemon, ...keepers].map(readRssBytes));
  return {
    rssBytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    descriptors: (await readdir(`/proc/${daemon}/fd`)).length,
    processes: keepers.length,
  };
}
