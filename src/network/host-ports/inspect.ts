import type { SandboxId } from "#foundation";
import { decodeCniResult } from "#spec";
import type { AttachmentCache } from "../attachment-cache.ts";
import { isBadCachedAttachment } from "../faults.ts";
import { addressesOf } from "../result.ts";
import type { HostPortAudit } from "../types.ts";
import type { HostPorts, HostPortsTarget } from "./host-ports.ts";
import { planHostPorts } from "./plan.ts";

export interface InspectContext {
  readonly cache: AttachmentCache;
  readonly hostPorts: Pick<HostPorts, "audit" | "publish">;
}

/** Compares the tables of host ports with the attachments that want them. */
export async function auditHostPorts({ cache, hostPorts }: InspectContext): Promise<HostPortAudit> {
  const targets = await Promise.all((await cache.list()).map((sandboxId) => targetOf(sandboxId, cache)));
  const wanted = targets.filter((target) => target !== undefined).map(({ sandboxId }) => sandboxId);
  return await hostPorts.audit(() => cache.list(), wanted);
}

/** Publishes a sandbox's ports as its attach did; without any it is nothing. */
export async function publishAgain(
  sandboxId: SandboxId,
  { cache, hostPorts }: InspectContext,
  signal?: AbortSignal,
): Promise<void> {
  const target = await targetOf(sandboxId, cache);
  if (target !== undefined) await hostPorts.publish(target, signal);
}

/** What an attachment has published; undefined when that is nothing, or its attach has not ended well. */
async function targetOf(sandboxId: SandboxId, cache: AttachmentCache): Promise<HostPortsTarget | undefined> {
  const cached = await cache.find(sandboxId).catch(unlessUnreadable);
  if (cached?.result === undefined || cached.parameters.hostPorts.length === 0) return undefined;
  const { interfaceName, hostPorts, args } = cached.parameters;
  const result = { text: cached.result, decoded: decodeCniResult(cached.result) };
  return {
    sandboxId,
    podName: argumentOf(args, "K8S_POD_NAME"),
    podNamespace: argumentOf(args, "K8S_POD_NAMESPACE"),
    ports: planHostPorts(hostPorts, addressesOf(interfaceName, result)),
  };
}

/** A value of CNI_ARGS: `KEY=VALUE;KEY=VALUE`. */
function argumentOf(args: string, key: string): string {
  const found = args.split(";").find((pair) => pair.startsWith(`${key}=`));
  return found?.slice(key.length + 1) ?? "";
}

/** A record that is torn tells nothing, and its sandbox waits to be detached. */
function unlessUnreadable(error: unknown): undefined {
  if (!isBadCachedAttachment(error)) throw error;
}
