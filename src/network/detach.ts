import { dirname } from "node:path";
import { isFault, type SandboxId } from "#foundation";
import type { Files } from "#host";
import { decodeCniResult } from "#spec";
import type { AttachmentCache, CachedAttachment } from "./attachment-cache.ts";
import { podInterfaceName } from "./attachment-parameters.ts";
import { type ChainContext, deleteThroughChain } from "./chain.ts";
import { during, isBadCachedAttachment, shortId } from "./faults.ts";
import type { HostPorts } from "./host-ports/host-ports.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { addressesOf } from "./result.ts";

export interface DetachContext extends ChainContext {
  readonly cache: AttachmentCache;
  readonly files: Pick<Files, "stat">;
  /** The networks that sandboxes are attached to now, for one whose record cannot be read. */
  readonly current: readonly PreparedNetwork[];
  readonly hostPorts: Pick<HostPorts, "withdraw">;
}

/** Detaches a sandbox as it was attached, and forgets it. One that is not remembered is detached already. */
export async function detachSandbox(sandboxId: SandboxId, context: DetachContext): Promise<void> {
  const act = `detach sandbox ${shortId(sandboxId)}`;
  const remembered = await during(act, () => recall(sandboxId, context));
  for (const cached of remembered) {
    await during(`${act} from network ${cached.network.config.name}`, async () => {
      const netnsPath = await livingNamespace(cached.parameters.netnsPath, context.files);
      await withdrawHostPorts(cached, context);
      await deleteWhatWasAdded({ ...cached, parameters: { ...cached.parameters, netnsPath } }, context);
    });
  }
  if (remembered.length > 0) await during(act, () => context.cache.remove(sandboxId));
}

/**
 * Asks once more where an ADD was cut off: a plugin may fail on what it had not made yet when it has taken back what it
 * had, as bridge 1.1.1 does on its firewall chain after it has removed the interface. The second time it finds nothing.
 */
async function deleteWhatWasAdded(attachment: CachedAttachment, context: ChainContext): Promise<void> {
  try {
    await deleteThroughChain(attachment, context);
  } catch (error) {
    if (attachment.result !== undefined || !isFault(error, "broken")) throw error;
    await deleteThroughChain(attachment, context);
  }
}

/** Gives back what plugins hold for a sandbox of which nothing is remembered. One that is remembered is left alone. */
export async function releaseForgotten(
  sandboxId: SandboxId,
  context: ChainContext & { readonly cache: AttachmentCache; readonly network: PreparedNetwork },
): Promise<void> {
  if (await context.cache.has(sandboxId)) return;
  await during(`release what sandbox ${shortId(sandboxId)} held of network ${context.network.config.name}`, () =>
    deleteThroughChain({ network: context.network, parameters: guessParameters(sandboxId) }, context),
  );
}

/** First of all: nobody shall be sent to an address that is about to be another pod's. */
async function withdrawHostPorts(cached: CachedAttachment, { hostPorts, signal }: DetachContext): Promise<void> {
  const { parameters, result } = cached;
  const { sandboxId, interfaceName, hostPorts: mappings } = parameters;
  if (mappings.length === 0) return;
  const decoded = result === undefined ? undefined : { text: result, decoded: decodeCniResult(result) };
  const addresses = decoded === undefined ? [] : addressesOf(interfaceName, decoded);
  await hostPorts.withdraw({ sandboxId, mappings, addresses }, signal);
}

/**
 * What is remembered of a sandbox. An intent that a loss of power has torn cannot tell its configuration: those of now
 * are the best guess, and what plugins hold (leases) goes by the sandbox's id.
 */
async function recall(sandboxId: SandboxId, context: DetachContext): Promise<readonly CachedAttachment[]> {
  try {
    const cached = await context.cache.find(sandboxId);
    return cached === undefined ? [] : [cached];
  } catch (error) {
    if (context.current.length === 0 || !isBadCachedAttachment(error)) throw error;
    return context.current.map((network) => ({ parameters: guessParameters(sandboxId), network }));
  }
}

/** What an attach was told, as far as it is the same for every sandbox. */
function guessParameters(sandboxId: SandboxId): CachedAttachment["parameters"] {
  return {
    sandboxId,
    netnsPath: "",
    interfaceName: podInterfaceName,
    args: `IgnoreUnknown=1;K8S_POD_INFRA_CONTAINER_ID=${sandboxId}`,
    capabilityArgs: {},
    hostPorts: [],
  };
}

/**
 * The path of a network namespace, or empty when it has vanished, which plugins take as such.
 *
 * A pin whose mount is gone (a reboot, another's umount) is still a file: plugins would fail on it. It is told from a
 * living one by its device, which is the namespace file system's instead of its directory's.
 */
async function livingNamespace(path: string, files: Pick<Files, "stat">): Promise<string> {
  const [pin, directory] = await Promise.all([files.stat(path), files.stat(dirname(path))]);
  if (pin === undefined) return "";
  if (pin.kind === "symlink") return path; // /proc/PID/ns/net
  return pin.device === directory?.device ? "" : path;
}
