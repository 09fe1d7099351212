import { type CriClient, createCriClient } from "#client";
import { messageOf } from "#foundation";
import type { Child } from "./child.ts";
import { slowness } from "./slowness.ts";
import { waitFor } from "./wait-for.ts";

/** A CRI server that a test started. */
export interface CriServer {
  readonly socketPath: string;
  readonly child: Child;
}

/** A client for a server, with a deadline for each call so that a test cannot hang. */
export function clientOf(socketPath: string, timeoutMs: number = 60_000 * slowness): CriClient {
  return createCriClient({ endpoint: `unix://${socketPath}`, timeoutMs });
}

/** Stops and removes every sandbox that a server has, as kubelet would. */
export async function removeAllPods(client: CriClient): Promise<void> {
  const { items } = await client.listPodSandbox({});
  for (const { id: podSandboxId } of items) {
    await client.stopPodSandbox({ podSandboxId });
    await client.removePodSandbox({ podSandboxId });
  }
}

/**
 * Waits until a server answers Version, and with `readiness: "network"` until all its conditions are true.
 *
 * Fails with what the server said last and its log, at once when its process ends.
 */
export async function waitForServer(server: CriServer, readiness: "runtime" | "network" = "network"): Promise<void> {
  const client = clientOf(server.socketPath, 2_000);
  let problem = "no answer";
  try {
    await waitFor(
      "its answer",
      async () => {
        if (server.child.hasEnded()) throw new Error("it ended while it started");
        problem = await (readiness === "runtime" ? problemOfVersion(client) : problemOfStatus(client));
        return problem === "";
      },
      { timeoutMs: 20_000 },
    );
  } catch (error) {
    const facts = [`wait for ${server.socketPath}: ${messageOf(error)}: ${problem}`, server.child.logTail(10)];
    throw new Error(facts.join("\n"), { cause: error });
  } finally {
    client.close();
  }
}

/** Empty when there is none. */
async function problemOfVersion(client: CriClient): Promise<string> {
  return client.version({}).then(() => "", messageOf);
}

/** What its conditions say that are not true; empty when all are. */
async function problemOfStatus(client: CriClient): Promise<string> {
  return client.status({}).then(({ status }) => {
    const bad = status?.conditions.filter((condition) => !condition.status) ?? [];
    return bad.map(({ type, message }) => `${type} is false: ${message}`).join("; ");
  }, messageOf);
}
