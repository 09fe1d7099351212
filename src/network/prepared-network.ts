import type { CniNetworkConfig, CniPluginConfig, JsonObject } from "#spec";

/** A plugin whose request is written as far as it does not depend on the attachment. */
export interface PreparedPlugin {
  readonly type: string;
  readonly capabilities: readonly string[];
  /** The request's JSON without its closing brace, so that an attach only appends to it. */
  readonly requestHead: string;
  /** What the configuration itself has under `runtimeConfig`; ours is laid over it. */
  readonly configuredRuntimeConfig: JsonObject;
}

/** A configuration made ready once, at its change, for all attaches to come. */
export interface PreparedNetwork {
  readonly config: CniNetworkConfig;
  readonly plugins: readonly PreparedPlugin[];
  /** Capabilities that any of the plugins wants. */
  readonly capabilities: ReadonlySet<string>;
  /** The configuration as JSON that decodes to the same again: what an attachment remembers. */
  readonly document: string;
}

/** What a request says beyond the plugin's configuration. */
export interface RequestAdditions {
  readonly capabilityArgs?: JsonObject;
  /** A result as JSON. */
  readonly prevResult?: string;
  /** Further fields as JSON members: `"key":value`. */
  readonly members?: readonly string[];
}

/** Writes the constant part of every request. */
export function prepareNetwork(config: CniNetworkConfig): PreparedNetwork {
  return {
    config,
    plugins: config.plugins.map((plugin) => preparePlugin(plugin, config)),
    capabilities: new Set(config.plugins.flatMap((plugin) => plugin.capabilities)),
    document: JSON.stringify({
      cniVersion: config.cniVersion,
      name: config.name,
      disableCheck: config.disableCheck,
      disableGC: config.disableGc,
      loadOnlyInlinedPlugins: true, // what the directory added is in the list by now
      plugins: config.plugins.map((plugin) => plugin.fields),
    }),
  };
}

/**
 * The configuration that one plugin reads from its standard input.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#deriving-request-configuration-from-plugin-configuration
 */
export function composeRequest(plugin: PreparedPlugin, additions: RequestAdditions): string {
  const runtimeConfig = { ...plugin.configuredRuntimeConfig, ...pick(additions.capabilityArgs, plugin.capabilities) };
  const parts = [plugin.requestHead];
  if (Object.keys(runtimeConfig).length > 0) parts.push(`"runtimeConfig":${JSON.stringify(runtimeConfig)}`);
  if (additions.prevResult !== undefined) parts.push(`"prevResult":${additions.prevResult}`);
  parts.push(...(additions.members ?? []));
  return `${parts.join(",")}}`;
}

function preparePlugin(plugin: CniPluginConfig, { cniVersion, name }: CniNetworkConfig): PreparedPlugin {
  const { capabilities: _declared, runtimeConfig, prevResult: _stale, ...fields } = plugin.fields;
  const passedOn = Object.entries(fields).filter(([key]) => !key.startsWith("cni.dev/"));
  return {
    type: plugin.type,
    capabilities: plugin.capabilities,
    requestHead: JSON.stringify({ ...Object.fromEntries(passedOn), cniVersion, name }).slice(0, -1),
    configuredRuntimeConfig: typeof runtimeConfig === "object" ? { ...runtimeConfig } : {},
  };
}

function pick(values: JsonObject | undefined, keys: readonly string[]): JsonObject {
  if (values === undefined) return {};
  return Object.fromEntries(keys.filter((key) => key in values).map((key) => [key, values[key]]));
}
