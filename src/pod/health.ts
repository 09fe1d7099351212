import { Fault, messageOf } from "#foundation";
import type { Host } from "#host";
import type { Network } from "#network";
import type { OciRuntime, RuntimeFeatures } from "#runtime";
import type { Handlers } from "./context.ts";
import type { Condition, EngineHealth, HandlerView, RuntimeHealth } from "./engine.ts";
import type { MappingSupport } from "./mapping-support.ts";

/** Below this, the next layer or log line fails: the node must not get more pods. */
const minimumAvailableBytes = 64n * 1024n * 1024n;

export interface HealthDeps {
  readonly host: Host;
  readonly handlers: Handlers;
  readonly defaultHandler: string;
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
    const readiness = this.#deps.network.readiness();
    return {
      runtime: this.#runtime,
      network: readiness.isReady ? met : { isMet: false, reason: readiness.reason, message: readiness.message },
      handlers: this.#handlerViews(),
      runtimes: this.#deps.handlers.all().map(({ handler }) => this.#runtimeHealth(handler)),
      details: { runtimes: Object.fromEntries(this.#deps.features), userNamespaces: this.#deps.mapping },
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
    const { host, handlers, defaultHandler, probeStore } = this.#deps;
    await within("write to the store", async () => probeStore());
    await this.#probeSpace();
    await within("make a cgroup", () => host.cgroups.probe());
    const results = await Promise.allSettled(handlers.all().map((runtime) => this.#probeHandler(runtime, signal)));
    const failed = handlers.all().findIndex((runtime, index) => {
      return runtime.handler === defaultHandler && results[index]?.status === "rejected";
    });
    const outcome = results[failed];
    if (outcome?.status === "rejected") throw outcome.reason;
  }

  async #probeHandler(runtime: OciRuntime, signal: AbortSignal): Promise<void> {
    try {
      this.#deps.features.set(runtime.handler, await runtime.probe({ signal }));
    } catch (error) {
      this.#deps.features.delete(runtime.handler);
      this.#problems.set(runtime.handler, messageOf(error));
      throw Fault.within(`handler ${runtime.handler}`, error);
    }
  }

  #runtimeHealth(handler: string): RuntimeHealth {
    const problem = this.#problems.get(handler) ?? notProbed.message;
    return {
      handler,
      isDefault: handler === this.#deps.defaultHandler,
      probed: this.#deps.features.get(handler) ?? { problem },
    };
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
    const views = [...this.#deps.features].map(([name, features]) => ({
      name,
      hasRecursiveReadonlyMounts: features.hasRecursiveReadonlyMounts,
      hasUserNamespaces: features.hasUserNamespaces && this.#deps.mapping.isPossible,
    }));
    const fallback = views.find(({ name }) => name === this.#deps.defaultHandler);
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
