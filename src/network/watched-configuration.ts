import { join } from "node:path";
import { type Logger, messageOf } from "#foundation";
import type { Files } from "#host";
import { type FoundConfiguration, findConfiguration, pluginDirectory } from "./configuration.ts";
import { PluginPaths } from "./plugin-paths.ts";
import { type PreparedNetwork, prepareNetwork } from "./prepared-network.ts";

/** What the configuration says now. */
export interface ConfigurationState {
  /** Where plugins are: also of attachments that an earlier configuration made. */
  readonly paths: PluginPaths;
  /** The network to attach to, or why there is none. */
  readonly network: PreparedNetwork | { readonly problem: string };
}

export interface WatchOptions {
  readonly confDir: string;
  readonly binDirs: readonly string[];
}

type Watch = ReturnType<Files["watchDirectory"]>;

/** Installers write a file in several steps; one look after the last is enough. */
const settleMs = 100;

/**
 * The first valid configuration of a directory, read anew when something in the directory changes.
 *
 * Directories of plugins are not watched: while a plugin is missing, whoever
 * asks for readiness makes us look again.
 */
export class WatchedConfiguration {
  readonly #options: WatchOptions;
  readonly #files: Files;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, Watch>();
  #state: ConfigurationState;
  #lastSeen = "";
  #reloading: Promise<void> | undefined;
  #hasChanged = false;
  #isClosed = false;

  constructor(options: WatchOptions, deps: { readonly files: Files; readonly logger: Logger }, onChange: () => void) {
    this.#options = options;
    this.#files = deps.files;
    this.#logger = deps.logger;
    this.#onChange = onChange;
    this.#state = this.#stateWith({ problem: "network configuration is not read yet" });
  }

  get state(): ConfigurationState {
    return this.#state;
  }

  /** Reads the configuration now; a call while one reads makes it read once more. Never rejects. */
  reload(): Promise<void> {
    this.#hasChanged = true;
    this.#reloading ??= this.#reloadWhileChanged().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    await this.#reloading;
  }

  async #reloadWhileChanged(): Promise<void> {
    while (this.#hasChanged && !this.#isClosed) {
      this.#hasChanged = false;
      await this.#reloadOnce();
    }
  }

  async #reloadOnce(): Promise<void> {
    const { confDir } = this.#options;
    try {
      this.#watch(confDir); // before the look, so that no change falls between the two
      const found = await findConfiguration(this.#files, confDir);
      this.#watchOnly(found);
      await this.#accept(found);
    } catch (error) {
      this.#replace({ problem: `network configuration in ${confDir}: ${messageOf(error)}` }, []);
    }
  }

  /** Makes a configuration the current one if all of its plugins are there. */
  async #accept(found: FoundConfiguration): Promise<void> {
    if (found.kind === "none") {
      this.#replace({ problem: this.#describeNone(found.skipped) }, found.skipped);
      return;
    }
    const state = this.#stateWith(prepareNetwork(found.config));
    try {
      for (const plugin of found.config.plugins) await state.paths.get(plugin.type);
      this.#replace(state.network, found.skipped, state);
    } catch (error) {
      const problem = `network ${found.config.name} (${join(this.#options.confDir, found.file)}): ${messageOf(error)}`;
      this.#replace({ problem }, found.skipped);
    }
  }

  #describeNone(skipped: readonly string[]): string {
    const { confDir } = this.#options;
    if (skipped.length === 0) return `no network configuration in ${confDir}`;
    return `no valid network configuration in ${confDir}: ${skipped.join("; ")}`;
  }

  #stateWith(network: ConfigurationState["network"]): ConfigurationState {
    return { network, paths: new PluginPaths(this.#files, this.#options.binDirs) };
  }

  /** Takes a state over; what has not changed since the last look is neither told nor logged again. */
  #replace(
    network: ConfigurationState["network"],
    skipped: readonly string[],
    state: ConfigurationState = this.#stateWith(network),
  ): void {
    const seen = "problem" in network ? network.problem : network.document;
    const isNews = seen !== this.#lastSeen;
    this.#lastSeen = seen;
    this.#state = isNews ? state : { network: this.#state.network, paths: state.paths };
    if (!isNews) return;
    for (const problem of skipped) this.#logger.warn("network configuration skipped", { problem });
    if ("problem" in network) this.#logger.warn("network is not ready", { problem: network.problem });
    else this.#logger.info("network configuration loaded", { network: network.config.name });
    this.#onChange();
  }

  /** Watches the configurations and the directory of further plugins of the one in use; either may be missing yet. */
  #watchOnly(found: FoundConfiguration): void {
    const { confDir } = this.#options;
    const wanted = new Set([confDir]);
    if (found.kind === "found" && !found.config.loadOnlyInlinedPlugins) {
      wanted.add(pluginDirectory(confDir, found.config.name));
    }
    for (const path of [...this.#watches.keys()].filter((path) => !wanted.has(path))) this.#unwatch(path);
    for (const path of wanted) this.#watch(path);
  }

  #watch(path: string): void {
    if (this.#watches.has(path) || this.#isClosed) return;
    let hasFailed = false;
    const onChange = (): void => void this.reload();
    const onError = (error: unknown): void => {
      hasFailed = true;
      this.#unwatch(path); // the next look watches it again
      this.#logger.warn("network configuration watch failed", { path, error });
    };
    const watch = this.#files.watchDirectory(path, { settleMs, onChange, onError });
    if (hasFailed) watch.close();
    else this.#watches.set(path, watch);
  }

  #unwatch(path: string): void {
    this.#watches.get(path)?.close();
    this.#watches.delete(path);
  }
}
