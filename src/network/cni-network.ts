import {
  abortReason,
  type Clock,
  Fault,
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
import { during, isBadCachedAttachment, isPluginGone, networkBusy, networkNotReady, shortId } from "./faults.ts";
import { listFirewalled, removeFirewallRules } from "./firewall-rules.ts";
import { HostPorts } from "./host-ports/host-ports.ts";
import { auditHostPorts, publishAgain } from "./host-ports/inspect.ts";
import { listLeases } from "./leases.ts";
import { type NetworkOptions, type NormalizedNetworkOptions, normalizeNetworkOptions } from "./options.ts";
import { PluginRunner } from "./plugin-runner.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { toAttachment } from "./result.ts";
import { SharedLock } from "./shared-lock.ts";
import { StatusProbe } from "./status-probe.ts";
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
import { WatchedConfiguration } from "./watched-configuration.ts";

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
  readonly #configuration: WatchedConfiguration;
  readonly #status: StatusProbe;
  readonly #hostPorts: HostPorts;
  readonly #running = new SharedLock();
  readonly #perSandbox = new KeyedLock();
  readonly #background = new Joinable<void>();
  readonly #closing = new AbortController();

  constructor(options: NormalizedNetworkOptions, deps: NetworkDeps) {
    const { files, processes } = deps.host;
    this.#options = options;
    this.#deps = deps;
    this.#cache = new AttachmentCache(files, options.cacheDir);
    this.#runner = new PluginRunner(processes, options.environment);
    this.#configuration = new WatchedConfiguration(options, { files, logger: deps.logger }, () => {
      void this.#askStatus();
    });
    this.#hostPorts = new HostPorts(
      { owner: options.cacheDir, environment: options.environment },
      { processes, logger: deps.logger },
    );
    this.#status = new StatusProbe(
      { timeoutMs: options.statusTimeoutMs, maxAgeMs: options.statusMaxAgeMs },
      { runner: this.#runner, clock: deps.clock },
    );
  }

  async open(): Promise<void> {
    await this.#cache.open();
    await this.#configuration.reload();
    await this.#background.settled();
    void this.#background.join("host ports", () => this.#collectHostPorts());
  }

  readiness(): NetworkReadiness {
    const { network } = this.#configuration.state;
    if ("problem" in network) {
      void this.#configuration.reload(); // a missing plugin may have come; its directory is not watched
      return notReady(network.problem);
    }
    if (this.#status.isDue(network)) void this.#askStatus();
    const problem = this.#status.problemOf(network);
    return problem === undefined ? { isReady: true } : notReady(problem);
  }

  async attach(target: AttachTarget, { signal }: NetworkActOptions = {}): Promise<NetworkAttachment> {
    return await this.#alone(target.sandboxId, async () => {
      const network = await during(`attach sandbox ${shortId(target.sandboxId)}`, () => this.#usableNetwork(signal));
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
    await this.#configuration.reload();
    const asked = this.#askStatus();
    await (signal === undefined ? asked : Promise.race([asked, abortReason(signal)]));
    return this.readiness();
  }

  async collectGarbage(listValid: () => Iterable<SandboxId>, { signal }: NetworkActOptions = {}): Promise<void> {
    const collect = (): Promise<readonly Fault[]> =>
      collectGarbage(new Set(listValid()), {
        ...this.#chain(signal),
        cache: this.#cache,
        network: this.#currentNetwork(),
        detach: (sandboxId) => this.#perSandbox.run(sandboxId, () => this.#detach(sandboxId, signal)),
      });
    const [failure] = await during("collect network garbage", () => this.#runExclusively(collect));
    if (failure !== undefined) throw failure;
  }

  async usePodCidrs(podCidrs: string): Promise<void> {
    await writeConfiguration(podCidrs, this.#options, { files: this.#deps.host.files, logger: this.#deps.logger });
    await this.#configuration.reload();
  }

  async attachments(): Promise<readonly RecordedAttachment[]> {
    const sandboxIds = await this.#cache.list();
    return await Promise.all(sandboxIds.map((sandboxId) => this.#record(sandboxId)));
  }

  async leases(): Promise<readonly AddressLease[]> {
    const network = this.#currentNetwork();
    return network === undefined ? [] : await listLeases(network, this.#deps.host.files);
  }

  async forgetLeases(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    await this.#alone(sandboxId, async () => {
      const network = await this.#usableNetwork(signal);
      await releaseForgotten(sandboxId, { ...this.#chain(signal), cache: this.#cache, network });
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
    this.#closing.abort(new Fault("canceled", "the network is closed"));
    await this.#configuration.close();
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
    const context = { ...this.#chain(signal), cache, hostPorts, files, current: this.#currentNetwork() };
    await this.#lookingAgain(() => detachSandbox(sandboxId, context));
  }

  #chain(signal: AbortSignal | undefined): ChainContext {
    return {
      runner: this.#runner,
      paths: this.#configuration.state.paths,
      timeoutMs: this.#options.pluginTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #currentNetwork(): PreparedNetwork | undefined {
    const { network } = this.#configuration.state;
    return "problem" in network ? undefined : network;
  }

  /** The network to attach to; when there is none, the configuration may have come a moment ago. */
  async #usableNetwork(signal: AbortSignal | undefined): Promise<PreparedNetwork> {
    signal?.throwIfAborted();
    if (this.#currentNetwork() === undefined) await this.#configuration.reload();
    const { network } = this.#configuration.state;
    if ("problem" in network) throw networkNotReady(network.problem);
    return network;
  }

  /** Looks up the plugins anew when one is not where it was, for readiness and for the next act. */
  async #lookingAgain<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (isPluginGone(error)) void this.#configuration.reload();
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

  /** Renews the plugins' answer to STATUS; one question runs at a time, and others join it. Never rejects. */
  async #askStatus(): Promise<void> {
    const { network, paths } = this.#configuration.state;
    if ("problem" in network) return;
    await this.#background.join("status", () => this.#status.ask(network, paths, this.#closing.signal));
  }
}

function notReady(message: string): NetworkReadiness {
  return { isReady: false, reason: "NetworkPluginNotReady", message };
}

/** A sandbox whose record is torn still waits to be detached. */
function unlessUnreadable(error: unknown): undefined {
  if (!isBadCachedAttachment(error)) throw error;
}
