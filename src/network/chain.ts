import { isCniVersionAtLeast } from "#spec";
import type { AttachmentParameters } from "./attachment-parameters.ts";
import { emptyConfiguration } from "./faults.ts";
import type { PluginPaths } from "./plugin-paths.ts";
import type { PluginRunner } from "./plugin-runner.ts";
import type { PreparedNetwork, RequestAdditions } from "./prepared-network.ts";
import { type PluginResult, readPluginResult } from "./result.ts";

/** An attachment, as the commands that follow ADD are told about it. */
export interface ChainSubject {
  readonly network: PreparedNetwork;
  readonly parameters: AttachmentParameters;
  /** The final result of ADD; absent when there was none. */
  readonly result?: string;
}

export interface ChainContext {
  readonly runner: PluginRunner;
  readonly paths: PluginPaths;
  /** Deadline of each plugin. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs ADD in order, each plugin with the result of the one before; stops at the first failure.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#adding-an-attachment
 */
export async function addThroughChain(
  { network, parameters }: Omit<ChainSubject, "result">,
  { runner, paths, timeoutMs, signal }: ChainContext,
): Promise<PluginResult> {
  let last: PluginResult | undefined;
  for (const plugin of network.plugins) {
    const additions = toAdditions(parameters, last?.text);
    const stdout = await runner.run({ command: "ADD", plugin, additions, parameters, timeoutMs }, paths, signal);
    last = readPluginResult(plugin.type, stdout, network.config.cniVersion);
  }
  if (last === undefined) throw emptyConfiguration(network.config.name);
  return last;
}

/**
 * Runs DEL in reverse order, each plugin with the final result of ADD; stops at the first failure.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#deleting-an-attachment
 */
export async function deleteThroughChain(
  { network, parameters, result }: ChainSubject,
  { runner, paths, timeoutMs, signal }: ChainContext,
): Promise<void> {
  const isTold = isCniVersionAtLeast(network.config.cniVersion, "0.4.0"); // older plugins do not expect a result at DEL
  const additions = toAdditions(parameters, isTold ? result : undefined);
  for (const plugin of network.plugins.toReversed()) {
    await runner.run({ command: "DEL", plugin, additions, parameters, timeoutMs }, paths, signal);
  }
}

/**
 * Runs CHECK in order, each plugin with the final result of ADD; stops at the first failure.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#checking-an-attachment
 */
export async function checkThroughChain(
  { network, parameters, result }: ChainSubject,
  { runner, paths, timeoutMs, signal }: ChainContext,
): Promise<void> {
  const additions = toAdditions(parameters, result);
  for (const plugin of network.plugins) {
    await runner.run({ command: "CHECK", plugin, additions, parameters, timeoutMs }, paths, signal);
  }
}

function toAdditions({ capabilityArgs }: AttachmentParameters, prevResult: string | undefined): RequestAdditions {
  return { capabilityArgs, ...(prevResult === undefined ? {} : { prevResult }) };
}
