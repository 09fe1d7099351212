import {
  abortReason,
  type Clock,
  type Fault,
  Joinable,
  KeyedLock,
  type Logger,
  live,
  messageOf,
  type SandboxId,
} from "#foundation";
import type { Host } from "#host";
import { decodeCniResult } from "#spec";
import { attachSandbox } from "./attach.ts";
import { AttachmentCache } from "./attachment-cache.ts";
import { podInterfaceName } from "./attachment-parameters.ts";
import type { ChainContext } from "./chain.ts";
import { checkSandbox } from "./check.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { writeConfiguration } from "./conf-template/write-configuration.ts";
import { detachSandbox, releaseForgotten } from "./detach.ts";
import { during, isBadCachedAttachment, isPluginGone, networkBusy, shortId } from "./faults.ts";
import { listFirewalled, removeFirewallRules } from "./firewall-rules.ts";
import { HostPorts } from "./host-ports/host-ports.ts";
import { auditHostPorts, publishAgain } from "./host-ports/inspect.ts";
import { listLeases } from "./leases.ts";
import { type NetworkOptions, type NormalizedNetworkOptions, normalizeNetworkOptions } from "./options.ts";
import { PluginRunner } from "./plugin-runner.ts";
import { toAttachment } from "./result.ts";
import { SharedLock } from "./shared-lock.ts";
import type {
  AddressLease,
  AttachTarget,
  HostPortAudit,
  Network,
  NetworkActOptions,
  NetworkAttachment,
  NetworkReadiness,
  RecordedAttachment,
} from "./types.ts";
import { WatchedNetworks } from "./watched-networks.ts";

export interface NetworkDeps {
  readonly host: Pick<Host, "files" | "processes">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Time that garbage collection waits for running attaches and detaches; they wait for it meanwhile. */
const collectEntryMs = 5_000;

/**
 * Opens the network of CNI plugins: reads the configuration, and asks its plugins for their status.
 *
 * A missing or broken configuration is no failure: the network is not ready then, and becomes so when the directory
 * changes.
 */
export async function createNetwork(options: NetworkOptions, deps: NetworkDeps): Promise<Network> {
  const network = new CniNetwork(
    live(() => normalizeNetworkOptions(options)),
    deps,
  );
  await network.open();
  return network;
}

class CniNetwork implements Network {
  readonly #options: NormalizedNetworkOptions;
  readonly #deps: NetworkDeps;
  readonly #cache: AttachmentCache;
  readonly #runner: PluginRunner;
  readonly #networks: WatchedNetworks;
  readonly #hostPorts: HostPorts;
  readonly #running = new SharedLock();
  readonly #perSandbox = new KeyedLock();
  readonly #background = new Joinable<void>();

  constructor(options: NormalizedNetworkOptions, deps: NetworkDeps) {
    const { files, processes } = deps.host;
    this.#options = options;
    this.#deps = deps;
    this.#cache = new AttachmentCache(files, options.cacheDir);
    this.#runner = new PluginRunner(processes, options.environment);
    this.#networks = new WatchedNetworks(options, { ...deps, files, runner: this.#runner });
    this.#hostPorts = new HostPorts(
      { owner: options.cacheDir, environment: options.environment },
      { processes, logger: deps.logger },
    );
  }

  async open(): Promise<void> {
    await this.#cache.open();
    await this.#networks.reload();
    await this.#networks.settled();
    void this.#background.join("host ports", () => this.#collectHostPorts());
  }

  readiness(confDir?: string): NetworkReadiness {
    return this.#networks.of(confDir).readiness();
  }

  async attach(target: AttachTarget, { signal }: NetworkActOptions = {}): Promise<NetworkAttachment> {
    return await this.#alone(target.sandboxId, async () => {
      const watched = this.#networks.of(target.confDir);
      const network = await during(`attach sandbox ${shortId(target.sandboxId)}`, () => watched.usable(signal));
      const { ipPreference } = this.#options;
      const context = { ...this.#chain(signal), cache: this.#cache, network, ipPreference, hostPorts: this.#hostPorts };
      return await this.#lookingAgain(() => attachSandbox(target, context));
    });
  }

  async detach(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    await this.#alone(sandboxId, () => this.#detach(sandboxId, signal));
  }

  async check(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    await this.#alone(sandboxId, () => checkSandbox(sandboxId, { ...this.#chain(signal), cache: this.#cache }));
  }

  async status({ signal }: NetworkActOptions = {}): Promise<NetworkReadiness> {
    await this.#networks.reload();
    const asked = this.#networks.askStatus();
    await (signal === undefined ? asked : Promise.race([asked, abortReason(signal)]));
    return this.readiness();
  }

  async collectGarbage(listValid: () => Iterable<SandboxId>, { signal }: NetworkActOptions = {}): Promise<void> {
    const collect = (): Promise<readonly Fault[]> =>
      collectGarbage(new Set(listValid()), {
        ...this.#chain(signal),
        cache: this.#cache,
        networks: this.#networks.current(),
        detach: (sandboxId) => this.#perSandbox.run(sandboxId, () => this.#detach(sandboxId, signal)),
      });
    const [failure] = await during("collect network garbage", () => this.#runExclusively(collect));
    if (failure !== undefined) throw failure;
  }

  async usePodCidrs(podCidrs: string): Promise<void> {
    await writeConfiguration(podCidrs, this.#options, { files: this.#deps.host.files, logger: this.#deps.logger });
    await this.#networks.node.reload();
  }

  async attachments(): Promise<readonly RecordedAttachment[]> {
    const sandboxIds = await this.#cache.list();
    return await Promise.all(sandboxIds.map((sandboxId) => this.#record(sandboxId)));
  }

  async leases(): Promise<readonly AddressLease[]> {
    const lists = await Promise.all(this.#networks.current().map((each) => listLeases(each, this.#deps.host.files)));
    // Networks of one name share their leases.
    return [...new Map(lists.flat().map((lease) => [lease.path, lease])).values()];
  }

  async forgetLeases(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    await this.#alone(sandboxId, async () => {
      const node = await this.#networks.node.usable(signal);
      for (const network of new Set([node, ...this.#networks.current()])) {
        await releaseForgotten(sandboxId, { ...this.#chain(signal), cache: this.#cache, network });
      }
    });
  }

  firewalled(): Promise<ReadonlySet<string>> {
    return listFirewalled({ ...this.#deps.host, environment: this.#options.environment });
  }

  async removeFirewallRules(sandboxId: SandboxId): Promise<void> {
    const deps = { ...this.#deps.host, environment: this.#options.environment };
    await this.#alone(sandboxId, async () => {
      if (!(await this.#cache.has(sandboxId))) await removeFirewallRules(sandboxId, deps);
    });
  }

  auditHostPorts(): Promise<HostPortAudit> {
    return auditHostPorts({ cache: this.#cache, hostPorts: this.#hostPorts });
  }

  withdrawStrayHostPorts(): Promise<void> {
    return this.#hostPorts.collect(() => this.#cache.list());
  }

  async publishHostPorts(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    const context = { cache: this.#cache, hostPorts: this.#hostPorts };
    await this.#alone(sandboxId, () => publishAgain(sandboxId, context, signal));
  }

  async close(): Promise<void> {
    await this.#networks.close();
    await this.#background.settled();
  }

  /** Runs beside acts on other sandboxes, after those on the same one. */
  #alone<T>(sandboxId: SandboxId, act: () => Promise<T>): Promise<T> {
    return this.#running.shared(() => this.#perSandbox.run(sandboxId, act));
  }

  async #runExclusively<T>(act: () => Promise<T>): Promise<T> {
    const entry = new AbortController();
    const timer = setTimeout(() => entry.abort(networkBusy(collectEntryMs)), collectEntryMs);
    try {
      return await this.#running.exclusive(act, entry.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #detach(sandboxId: SandboxId, signal: AbortSignal | undefined): Promise<void> {
    const { files } = this.#deps.host;
    const [cache, hostPorts] = [this.#cache, this.#hostPorts];
    const context = { ...this.#chain(signal), cache, hostPorts, files, current: this.#networks.current() };
    await this.#lookingAgain(() => detachSandbox(sandboxId, context));
  }

  #chain(signal: AbortSignal | undefined): ChainContext {
    return {
      runner: this.#runner,
      paths: this.#networks.node.paths,
      timeoutMs: this.#options.pluginTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /** Looks up the plugins anew when one is not where it was, for readiness and for the next act. */
  async #lookingAgain<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (isPluginGone(error)) void this.#networks.reload();
      throw error;
    }
  }

  async #record(sandboxId: SandboxId): Promise<RecordedAttachment> {
    const cached = await this.#cache.find(sandboxId).catch(unlessUnreadable);
    if (cached === undefined) return { sandboxId, networkName: "", interfaceName: podInterfaceName, netnsPath: "" };
    const { interfaceName, netnsPath } = cached.parameters;
    const networkName = cached.network.config.name;
    const known = { sandboxId, networkName, interfaceName, netnsPath };
    if (cached.result === undefined) return known;
    const result = { text: cached.result, decoded: decodeCniResult(cached.result) };
    return { ...known, attachment: toAttachment(networkName, interfaceName, result, this.#options.ipPreference) };
  }

  /** Withdraws what an earlier daemon left published and nobody remembers. Never rejects. */
  async #collectHostPorts(): Promise<void> {
    try {
      await this.#hostPorts.collect(() => this.#cache.list());
    } catch (error) {
      this.#deps.logger.warn("cannot look for host ports of vanished pods", { error: messageOf(error) });
    }
  }
}

/** A sandbox whose record is torn still waits to be detached. */
function unlessUnreadable(error: unknown): undefined {
  if (!isBadCachedAttachment(error)) throw error;
}
