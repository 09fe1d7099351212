import type { AttachmentCache } from "./attachment-cache.ts";
import { toAttachmentParameters } from "./attachment-parameters.ts";
import { addThroughChain, type ChainContext } from "./chain.ts";
import { alreadyAttached, during, shortId } from "./faults.ts";
import type { IpPreference } from "./options.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { toAttachment } from "./result.ts";
import type { AttachTarget, NetworkAttachment } from "./types.ts";

export interface AttachContext extends ChainContext {
  readonly cache: AttachmentCache;
  readonly network: PreparedNetwork;
  readonly ipPreference: IpPreference;
}

/** Attaches a sandbox: intent, plugins, result. Whatever fails after the intent, `detachSandbox` takes back. */
export async function attachSandbox(target: AttachTarget, context: AttachContext): Promise<NetworkAttachment> {
  const { cache, network } = context;
  return await during(`attach sandbox ${shortId(target.sandboxId)} to network ${network.config.name}`, async () => {
    const parameters = toAttachmentParameters(target, network.capabilities);
    if (await cache.has(target.sandboxId)) throw alreadyAttached(target.sandboxId);
    const flushIntent = await cache.writeIntent(parameters, network);
    const result = await both(addThroughChain({ network, parameters }, context), flushIntent());
    const attachment = toAttachment(network.config.name, parameters.interfaceName, result, context.ipPreference);
    await cache.writeResult(target.sandboxId, result.text);
    return attachment;
  });
}

/** The outcome of an act that another goes on beside; both have ended then, so that none goes on behind a failure. */
async function both<T>(act: Promise<T>, beside: Promise<void>): Promise<T> {
  const [outcome, besides] = await Promise.allSettled([act, beside]);
  if (outcome.status === "rejected") throw outcome.reason;
  if (besides.status === "rejected") throw besides.reason;
  return outcome.value;
}
