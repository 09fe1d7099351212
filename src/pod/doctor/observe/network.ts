import { deadline, messageOf, type SandboxId } from "#foundation";
import type { PodContext } from "../../context.ts";
import type { SandboxRecord } from "../../records.ts";
import { hasPodNetwork } from "../../sandbox/network.ts";
import type { ObservedNetwork } from "../plan/network.ts";

/** Pods whose plugins are asked at once: each answer is several programs. */
const atOnce = 4;
/** Time for one pod's plugins; its detach waits meanwhile. */
const checkTimeoutMs = 10_000;

/** Looks at what pods got from their networks, and asks the plugins about each (CNI CHECK). */
export async function observeNetwork(context: PodContext, signal: AbortSignal): Promise<ObservedNetwork> {
  const { network, sandboxes, options, host, paths } = context;
  const [attachments, leases, hostPorts, firewalled, mounts] = await Promise.all([
    network.attachments(),
    network.leases(),
    network.auditHostPorts(),
    network.firewalled(),
    host.mounts.list(),
  ]);
  const mounted = new Set(mounts.map(({ target }) => target));
  const attached = new Set(attachments.map(({ sandboxId }) => sandboxId));
  const pods = sandboxes.list().filter(
    // A lost namespace is found elsewhere; plugins only stumble over it.
    (record) => isChecked(record) && attached.has(record.id) && mounted.has(paths.sandbox(record.id).netns),
  );
  const refusals = await checkAll(context, pods, signal);
  return { attachments, leases, hostPorts, firewalled, refusals, ownsNetworks: options.ownsNetworks };
}

function isChecked(record: SandboxRecord): boolean {
  return record.status.phase === "ready" && hasPodNetwork(record);
}

async function checkAll(
  { network }: PodContext,
  pods: readonly SandboxRecord[],
  signal: AbortSignal,
): Promise<ReadonlyMap<SandboxId, string>> {
  const refusals = new Map<SandboxId, string>();
  const waiting = pods.values();
  const work = async (): Promise<void> => {
    for (const { id } of waiting) {
      try {
        await network.check(id, { signal: deadline(checkTimeoutMs, signal) });
      } catch (error) {
        signal.throwIfAborted();
        refusals.set(id, messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return refusals;
}
