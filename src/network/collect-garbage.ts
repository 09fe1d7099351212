import { Fault, type SandboxId } from "#foundation";
import { isCniVersionAtLeast } from "#spec";
import type { AttachmentCache } from "./attachment-cache.ts";
import { podInterfaceName } from "./attachment-parameters.ts";
import type { ChainContext } from "./chain.ts";
import type { PreparedNetwork } from "./prepared-network.ts";

export interface CollectContext extends ChainContext {
  readonly cache: AttachmentCache;
  /** The networks whose plugins are asked to clean; none: only stale records are detached. */
  readonly networks: readonly PreparedNetwork[];
  /** Detaches one sandbox, with the messages of a detach. */
  detach(sandboxId: SandboxId): Promise<void>;
}

/**
 * Detaches every recorded sandbox that is not valid any more, then lets the plugins clean up; everything is tried, and
 * the failures are returned.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#garbage-collecting-a-network
 */
export async function collectGarbage(
  valid: ReadonlySet<SandboxId>,
  context: CollectContext,
): Promise<readonly Fault[]> {
  const recorded = await context.cache.list();
  const stale = recorded.filter((sandboxId) => !valid.has(sandboxId));
  const detached = await Promise.allSettled(stale.map((sandboxId) => context.detach(sandboxId)));
  const cleaned: PromiseSettledResult<string>[] = [];
  for (const network of context.networks)
    if (canClean(network)) cleaned.push(...(await runGc(network, valid, context)));
  return [...detached, ...cleaned].flatMap((outcome) =>
    outcome.status === "rejected" ? [Fault.from(outcome.reason)] : [],
  );
}

function canClean({ config }: PreparedNetwork): boolean {
  return isCniVersionAtLeast(config.cniVersion, "1.1.0") && !config.disableGc;
}

async function runGc(
  network: PreparedNetwork,
  valid: ReadonlySet<SandboxId>,
  { runner, paths, timeoutMs, signal }: CollectContext,
): Promise<PromiseSettledResult<string>[]> {
  const attachments = JSON.stringify([...valid].map((containerID) => ({ containerID, ifname: podInterfaceName })));
  // libcni 1.2 wrote the second name; plugins of that time read it.
  const members = [`"cni.dev/valid-attachments":${attachments}`, `"cni.dev/attachments":${attachments}`];
  const outcomes: PromiseSettledResult<string>[] = [];
  for (const plugin of network.plugins) {
    const call = { command: "GC", plugin, additions: { members }, timeoutMs } as const;
    outcomes.push(...(await Promise.allSettled([runner.run(call, paths, signal)])));
  }
  return outcomes;
}
