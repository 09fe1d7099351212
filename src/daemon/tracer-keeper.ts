import { hostname } from "node:os";
import { type Config, version } from "#config";
import { type CallContexts, type Clock, type Logger, live } from "#foundation";
import type { Tracer } from "#tracing";

export interface TracerKeeperDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly contexts: CallContexts;
}

/** Traces while a collector is configured. */
export class TracerKeeper {
  readonly #config: Config;
  readonly #deps: TracerKeeperDeps;
  #tracer: Tracer | undefined;
  #endpoint = "";

  /** `config` is the one that holds at each moment: how many calls are traced is read from it at each of them. */
  constructor(config: Config, deps: TracerKeeperDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** Who traces now; undefined when nobody does. */
  get tracer(): Tracer | undefined {
    return this.#tracer;
  }

  /** Sends traces there from now on, or nowhere; what has ended goes to the collector before. Loaded only when needed. */
  async send(endpoint: string): Promise<void> {
    if (endpoint === this.#endpoint) return;
    const before = this.#tracer;
    this.#tracer = endpoint === "" ? undefined : await this.#open(endpoint);
    this.#endpoint = endpoint;
    await before?.close();
  }

  async close(): Promise<void> {
    await this.send("");
  }

  async #open(endpoint: string): Promise<Tracer> {
    const { createTracer } = await import("#tracing");
    const resource = { "service.name": "crispd", "service.version": version, "host.name": hostname() };
    return createTracer(
      live(() => ({ ...this.#config.tracing, endpoint, resource })),
      this.#deps,
    );
  }
}
