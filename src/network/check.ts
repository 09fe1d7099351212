import type { SandboxId } from "#foundation";
import { isCniVersionAtLeast } from "#spec";
import type { AttachmentCache } from "./attachment-cache.ts";
import { type ChainContext, checkThroughChain } from "./chain.ts";
import { during, notAttached, shortId } from "./faults.ts";

export interface CheckContext extends ChainContext {
  readonly cache: AttachmentCache;
}

/** Lets the plugins look whether an attachment is still as they made it, where they may be asked. */
export async function checkSandbox(sandboxId: SandboxId, context: CheckContext): Promise<void> {
  await during(`check sandbox ${shortId(sandboxId)}`, async () => {
    const cached = await context.cache.find(sandboxId);
    if (cached?.result === undefined) throw notAttached(sandboxId);
    const { cniVersion, disableCheck } = cached.network.config;
    if (disableCheck || !isCniVersionAtLeast(cniVersion, "0.4.0")) return;
    await checkThroughChain(cached, context);
  });
}
