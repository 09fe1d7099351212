import type { Duplex } from "node:stream";
import { Fault, isFault } from "#foundation";
import type { PodContext } from "../context.ts";
import type { PortForwardTarget, StreamOptions } from "../engine.ts";
import { sandboxNotReady } from "../faults.ts";
import { getSandbox } from "../find.ts";
import { hasPodNetwork } from "./network.ts";

/** Both ends are on this machine. */
const connectTimeoutMs = 10_000;
/** In this order: a server that listens on loopback alone must be found, whichever it is. */
const hosts = ["127.0.0.1", "::1"];

/**
 * Connects to a port inside a sandbox, which may be that of the node.
 *
 * @throws Fault `wrong-state` when the sandbox is not ready
 * @throws Fault `unavailable` when nothing listens there
 */
export async function portForward(
  context: PodContext,
  { sandboxId, port }: PortForwardTarget,
  { signal }: StreamOptions,
): Promise<Duplex> {
  const record = getSandbox(context, sandboxId);
  if (record.status.phase !== "ready") throw sandboxNotReady(record);
  const place = hasPodNetwork(record) ? { namespacePath: context.paths.sandbox(record.id).netns } : {};
  const refusals: string[] = [];
  for (const host of hosts) {
    try {
      return await context.host.sockets.connectTcp({ host, port }, { ...place, signal, timeoutMs: connectTimeoutMs });
    } catch (error) {
      if (!isFault(error, "unavailable")) throw error;
      refusals.push(error.message);
    }
  }
  throw new Fault("unavailable", refusals.join("; "), { reason: { code: "pod.port-closed", sandboxId, port } });
}
