import { type Clock, messageOf } from "#foundation";
import { isCniVersionAtLeast } from "#spec";
import type { PluginPaths } from "./plugin-paths.ts";
import type { PluginRunner } from "./plugin-runner.ts";
import type { PreparedNetwork } from "./prepared-network.ts";

export interface StatusProbeOptions {
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
}

interface Answer {
  readonly network: PreparedNetwork;
  /** Absent when all plugins are ready. */
  readonly problem?: string;
  readonly atNanos: bigint;
}

/**
 * Remembers what a network's plugins answered to STATUS, so that readiness need not wait for them.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#status-check-plugin-status
 */
export class StatusProbe {
  readonly #options: StatusProbeOptions;
  readonly #runner: PluginRunner;
  readonly #clock: Clock;
  #answer: Answer | undefined;

  constructor(options: StatusProbeOptions, deps: { readonly runner: PluginRunner; readonly clock: Clock }) {
    this.#options = options;
    this.#runner = deps.runner;
    this.#clock = deps.clock;
  }

  /** Why a network's plugins cannot attach now, as they last said; undefined when they can, or know no STATUS. */
  problemOf(network: PreparedNetwork): string | undefined {
    if (!hasStatus(network)) return undefined;
    if (this.#answer?.network !== network)
      return `network ${network.config.name}: plugins have not answered STATUS yet`;
    return this.#answer.problem;
  }

  /** Whether there is no answer of this network that can still be believed. */
  isDue(network: PreparedNetwork): boolean {
    if (!hasStatus(network)) return false;
    const answer = this.#answer;
    if (answer?.network !== network) return true;
    return this.#clock.nowNanos() - answer.atNanos > BigInt(this.#options.maxAgeMs) * 1_000_000n;
  }

  /** Asks the plugins in order, up to the first that is not ready. A failure is an answer, too. */
  async ask(network: PreparedNetwork, paths: PluginPaths, signal: AbortSignal): Promise<void> {
    if (!hasStatus(network)) return;
    const problem = await this.#firstProblem(network, paths, signal);
    const atNanos = this.#clock.nowNanos();
    this.#answer = { network, atNanos, ...(problem === undefined ? {} : { problem }) };
  }

  async #firstProblem(network: PreparedNetwork, paths: PluginPaths, signal: AbortSignal): Promise<string | undefined> {
    try {
      for (const plugin of network.plugins) {
        const call = { command: "STATUS", plugin, additions: {}, timeoutMs: this.#options.timeoutMs } as const;
        await this.#runner.run(call, paths, signal);
      }
      return undefined;
    } catch (error) {
      return `network ${network.config.name}: ${messageOf(error)}`;
    }
  }
}

function hasStatus(network: PreparedNetwork): boolean {
  return isCniVersionAtLeast(network.config.cniVersion, "1.1.0");
}
