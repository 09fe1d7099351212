import { type Clock, Joinable, type Logger } from "#foundation";
import type { Files } from "#host";
import { networkNotReady } from "./faults.ts";
import type { NormalizedNetworkOptions } from "./options.ts";
import type { PluginPaths } from "./plugin-paths.ts";
import type { PluginRunner } from "./plugin-runner.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { StatusProbe } from "./status-probe.ts";
import type { NetworkReadiness } from "./types.ts";
import { WatchedConfiguration, type WatchOptions } from "./watched-configuration.ts";

export interface WatchedNetworkDeps {
  readonly files: Files;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly runner: PluginRunner;
}

/** The network of one directory of configurations, and what its plugins say of themselves. */
export class WatchedNetwork {
  readonly #configuration: WatchedConfiguration;
  readonly #status: StatusProbe;
  readonly #asking = new Joinable<void>();
  readonly #closing = new AbortController();

  constructor(
    options: WatchOptions & Pick<NormalizedNetworkOptions, "statusTimeoutMs" | "statusMaxAgeMs">,
    deps: WatchedNetworkDeps,
  ) {
    this.#configuration = new WatchedConfiguration(options, deps, () => void this.askStatus());
    this.#status = new StatusProbe({ timeoutMs: options.statusTimeoutMs, maxAgeMs: options.statusMaxAgeMs }, deps);
  }

  /** Where plugins are: also of attachments that an earlier configuration made. */
  get paths(): PluginPaths {
    return this.#configuration.state.paths;
  }

  /** The network to attach to; undefined when there is none. */
  get current(): PreparedNetwork | undefined {
    const { network } = this.#configuration.state;
    return "problem" in network ? undefined : network;
  }

  /** Answers from memory; what is out of date is asked anew meanwhile. */
  readiness(): NetworkReadiness {
    const { network } = this.#configuration.state;
    if ("problem" in network) {
      void this.#configuration.reload(); // a missing plugin may have come; its directory is not watched
      return notReady(network.problem);
    }
    if (this.#status.isDue(network)) void this.askStatus();
    const problem = this.#status.problemOf(network);
    return problem === undefined ? { isReady: true } : notReady(problem);
  }

  /** The network to attach to; when there is none, the configuration may have come a moment ago. @throws Fault `unavailable` */
  async usable(signal: AbortSignal | undefined): Promise<PreparedNetwork> {
    signal?.throwIfAborted();
    if (this.current === undefined) await this.reload();
    const { network } = this.#configuration.state;
    if ("problem" in network) throw networkNotReady(network.problem);
    return network;
  }

  /** Reads the configuration now. Never rejects. */
  reload(): Promise<void> {
    return this.#configuration.reload();
  }

  /** Renews the plugins' answer to STATUS; one question runs at a time, and others join it. Never rejects. */
  async askStatus(): Promise<void> {
    const { network, paths } = this.#configuration.state;
    if ("problem" in network) return;
    await this.#asking.join("status", () => this.#status.ask(network, paths, this.#closing.signal));
  }

  /** Waits for questions that run. */
  settled(): Promise<void> {
    return this.#asking.settled();
  }

  async close(reason: Error): Promise<void> {
    this.#closing.abort(reason);
    await this.#configuration.close();
    await this.#asking.settled();
  }
}

function notReady(message: string): NetworkReadiness {
  return { isReady: false, reason: "NetworkPluginNotReady", message };
}
