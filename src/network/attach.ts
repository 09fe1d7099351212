import type { AttachmentCache } from "./attachment-cache.ts";
import { type AttachmentParameters, toAttachmentParameters } from "./attachment-parameters.ts";
import { addThroughChain, type ChainContext } from "./chain.ts";
import { alreadyAttached, during, shortId } from "./faults.ts";
import type { HostPorts } from "./host-ports/host-ports.ts";
import { planHostPorts } from "./host-ports/plan.ts";
import type { IpPreference } from "./options.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { addressesOf, type PluginResult, toAttachment } from "./result.ts";
import type { AttachTarget, NetworkAttachment } from "./types.ts";

export interface AttachContext extends ChainContext {
  readonly cache: AttachmentCache;
  readonly network: PreparedNetwork;
  readonly ipPreference: IpPreference;
  readonly hostPorts: Pick<HostPorts, "publish">;
}

/** Attaches a sandbox: intent, plugins, result, host ports. Whatever fails after the intent, `detachSandbox` takes back. */
export async function attachSandbox(target: AttachTarget, context: AttachContext): Promise<NetworkAttachment> {
  const { cache, network } = context;
  return await during(`attach sandbox ${shortId(target.sandboxId)} to network ${network.config.name}`, async () => {
    const parameters = toAttachmentParameters(target, network.capabilities);
    if (await cache.has(target.sandboxId)) throw alreadyAttached(target.sandboxId);
    const flushIntent = await cache.writeIntent(parameters, network);
    const result = await both(addThroughChain({ network, parameters }, context), flushIntent());
    const attachment = toAttachment(network.config.name, parameters.interfaceName, result, context.ipPreference);
    await cache.writeResult(target.sandboxId, result.text);
    await publishHostPorts(target, { parameters, result }, context);
    return attachment;
  });
}

/** Publishes the ports that no plugin does; the result is written before, because it tells what to withdraw. */
async function publishHostPorts(
  { sandboxId, podName, podNamespace }: AttachTarget,
  { parameters, result }: { readonly parameters: AttachmentParameters; readonly result: PluginResult },
  { hostPorts, signal }: AttachContext,
): Promise<void> {
  if (parameters.hostPorts.length === 0) return;
  const ports = planHostPorts(parameters.hostPorts, addressesOf(parameters.interfaceName, result));
  await hostPorts.publish({ sandboxId, podName, podNamespace, ports }, signal);
}

/** The outcome of an act that another goes on beside; both have ended then, so that none goes on behind a failure. */
async function both<T>(act: Promise<T>, beside: Promise<void>): Promise<T> {
  const [outcome, besides] = await Promise.allSettled([act, beside]);
  if (outcome.status === "rejected") throw outcome.reason;
  if (besides.status === "rejected") throw besides.reason;
  return outcome.value;
}
