import { Fault, messageOf } from "#foundation";
import type { Host } from "#host";
import type { Network, NetworkReadiness } from "#network";
import type { RuntimeFeatures } from "#runtime";
import type { Condition, EngineHealth, HandlerView, RuntimeHealth } from "./engine.ts";
import type { Handler, Handlers } from "./handlers.ts";
import type { MappingSupport } from "./mapping-support.ts";

/** Below this, the next layer or log line fails: the node must not get more pods. */
const minimumAvailableBytes = 64n * 1024n * 1024n;

export interface HealthDeps {
  readonly host: Host;
  readonly handlers: Handlers;
  /** How many pods a definition of a handler has. */
  readonly countPods: (definition: string) => number;
  readonly network: Pick<Network, "readiness">;
  /** Proves that records can be written. @throws Fault */
  readonly probeStore: () => void;
  readonly rootDirectory: string;
  /** Pods with user namespaces take the machine besides the runtime. */
  readonly mapping: MappingSupport;
  /** Kept up to date by each probe, for those who build containers. */
  readonly features: Map<string, RuntimeFeatures>;
}

const notProbed: Condition = { isMet: false, reason: "NotProbed", message: "the first probe has not ended" };
const met: Condition = { isMet: true, reason: "", message: "" };

/**
 * Whether the node can run pods, by trying the parts it takes: a write to the
 * store, the runtime and its monitor, a cgroup, free space.
 */
export class Health {
  readonly #deps: HealthDeps;
  readonly #problems = new Map<string, string>();
  #runtime: Condition = notProbed;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** The latest results; answers at once. */
  current(): EngineHealth {
    const readiness = this.#networkOf(this.#default());
    return {
      runtime: this.#runtime,
      network: readiness.isReady ? met : { isMet: false, reason: readiness.reason, message: readiness.message },
      handlers: this.#handlerViews(),
      runtimes: this.#deps.handlers.all.map((handler) => this.#runtimeHealth(handler)),
      details: { runtimes: Object.fromEntries(this.#offeredFeatures()), userNamespaces: this.#deps.mapping },
    };
  }

  /** Tries everything anew. Never throws: what fails is the result. */
  async probe(signal: AbortSignal): Promise<void> {
    try {
      await this.#probeParts(signal);
      this.#runtime = met;
    } catch (error) {
      this.#runtime = { isMet: false, reason: "ProbeFailed", message: messageOf(error) };
    }
  }

  async #probeParts(signal: AbortSignal): Promise<void> {
    const { host, handlers, probeStore } = this.#deps;
    await within("write to the store", async () => probeStore());
    await this.#probeSpace();
    await within("make a cgroup", () => host.cgroups.probe());
    const { all, defaultName } = handlers;
    const results = await Promise.allSettled(all.map((handler) => this.#probeHandler(handler, signal)));
    this.#forgetOthers(all);
    const outcome = results[handlers.offered.findIndex(({ name }) => name === defaultName)];
    if (outcome?.status === "rejected") throw outcome.reason;
  }

  async #probeHandler({ name, definition, runtime }: Handler, signal: AbortSignal): Promise<void> {
    try {
      this.#deps.features.set(definition, await runtime.probe({ signal }));
    } catch (error) {
      this.#deps.features.delete(definition);
      this.#problems.set(definition, messageOf(error));
      throw Fault.within(`handler ${name}`, error);
    }
  }

  /** Of what no handler is any more, nothing is kept. */
  #forgetOthers(handlers: readonly Handler[]): void {
    const known = new Set(handlers.map(({ definition }) => definition));
    for (const results of [this.#deps.features, this.#problems]) {
      for (const definition of results.keys()) if (!known.has(definition)) results.delete(definition);
    }
  }

  #runtimeHealth(handler: Handler): RuntimeHealth {
    const { handlers, features, countPods } = this.#deps;
    const { name, definition, type, program } = handler;
    const problem = this.#problems.get(definition) ?? notProbed.message;
    const isRetired = handlers.retired.includes(handler);
    return {
      handler: name,
      type,
      program,
      isDefault: !isRetired && name === handlers.defaultName,
      isRetired,
      pods: countPods(definition),
      probed: features.get(definition) ?? { problem },
      ...this.#networkProblem(handler),
      ...(handler.runtime.latestFailure === undefined ? {} : { latestFailure: handler.runtime.latestFailure }),
    };
  }

  /** Pods that name no handler are what the node is there for: their network is its network. */
  #default(): Handler | undefined {
    const { offered, defaultName } = this.#deps.handlers;
    return offered.find(({ name }) => name === defaultName);
  }

  #networkOf(handler: Handler | undefined): NetworkReadiness {
    return this.#deps.network.readiness(handler?.cniConfDir);
  }

  #networkProblem(handler: Handler): Pick<RuntimeHealth, "networkProblem"> {
    if (handler.cniConfDir === undefined) return {};
    const readiness = this.#networkOf(handler);
    return readiness.isReady ? {} : { networkProblem: readiness.message };
  }

  /** What the handlers can do that work, by name. */
  #offeredFeatures(): readonly (readonly [string, RuntimeFeatures])[] {
    return this.#deps.handlers.offered.flatMap(({ name, definition }) => {
      const features = this.#deps.features.get(definition);
      return features === undefined ? [] : [[name, features] as const];
    });
  }

  async #probeSpace(): Promise<void> {
    const { host, rootDirectory } = this.#deps;
    const usage = await host.files.filesystemUsage(rootDirectory);
    if (usage.availableBytes < minimumAvailableBytes || usage.availableInodes === 0n) {
      throw new Fault(
        "exhausted",
        `${rootDirectory}: ${usage.availableBytes} bytes and ${usage.availableInodes} inodes left`,
      );
    }
  }

  /** A handler that does not run is not listed; the default one stands under "" too, where kubelet looks for it. */
  #handlerViews(): readonly HandlerView[] {
    const views = this.#offeredFeatures().map(([name, features]) => ({
      name,
      hasRecursiveReadonlyMounts: features.hasRecursiveReadonlyMounts,
      hasUserNamespaces: features.hasUserNamespaces && this.#deps.mapping.isPossible,
    }));
    const fallback = views.find(({ name }) => name === this.#deps.handlers.defaultName);
    return fallback === undefined ? views : [{ ...fallback, name: "" }, ...views];
  }
}

async function within(part: string, probe: () => Promise<void>): Promise<void> {
  try {
    await probe();
  } catch (error) {
    throw Fault.within(part, error);
  }
}
