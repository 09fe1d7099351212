import { Fault, live } from "#foundation";
import type { NormalizedNetworkOptions } from "./options.ts";
import type { PreparedNetwork } from "./prepared-network.ts";
import { WatchedNetwork, type WatchedNetworkDeps } from "./watched-network.ts";

/**
 * The node's network, and those of runtime handlers that have directories of configurations of their own.
 *
 * Invariant: a directory is watched from the moment that somebody names it until no option does any more.
 */
export class WatchedNetworks {
  readonly #options: NormalizedNetworkOptions;
  readonly #deps: WatchedNetworkDeps;
  readonly #others = new Map<string, WatchedNetwork>();
  /** The one of pods whose handler has none of its own. */
  readonly node: WatchedNetwork;

  constructor(options: NormalizedNetworkOptions, deps: WatchedNetworkDeps) {
    this.#options = options;
    this.#deps = deps;
    this.node = new WatchedNetwork(options, deps);
  }

  /** The network of a directory; undefined is the node's. */
  of(confDir: string | undefined): WatchedNetwork {
    if (confDir === undefined || confDir === this.#options.confDir) return this.node;
    const known = this.#others.get(confDir);
    if (known !== undefined) return known;
    const options = this.#options;
    const opened = new WatchedNetwork(
      live(() => ({ ...options, confDir })),
      this.#deps,
    );
    this.#others.set(confDir, opened);
    return opened;
  }

  /** All networks that there are now, each once, the node's first. */
  current(): readonly PreparedNetwork[] {
    return this.#all().flatMap(({ current }) => (current === undefined ? [] : [current]));
  }

  /** Watches the directories that the options name, and no others, and reads all of them. */
  async reload(): Promise<void> {
    const wanted = new Set(this.#options.handlerConfDirs);
    for (const confDir of wanted) this.of(confDir);
    const gone = [...this.#others].filter(([confDir]) => !wanted.has(confDir));
    for (const [confDir] of gone) this.#others.delete(confDir);
    await Promise.all([
      ...gone.map(([, network]) => network.close(new Fault("canceled", "the network is not configured any more"))),
      ...this.#all().map((network) => network.reload()),
    ]);
  }

  /** Asks the plugins of all for their status. */
  async askStatus(): Promise<void> {
    await Promise.all(this.#all().map((network) => network.askStatus()));
  }

  /** Waits for questions that run. */
  async settled(): Promise<void> {
    await Promise.all(this.#all().map((network) => network.settled()));
  }

  async close(): Promise<void> {
    const reason = new Fault("canceled", "the network is closed");
    await Promise.all(this.#all().map((network) => network.close(reason)));
  }

  #all(): readonly WatchedNetwork[] {
    return [this.node, ...this.#others.values()];
  }
}
