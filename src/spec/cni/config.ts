import { badCniDocument } from "./faults.ts";
import { isJsonObject, type JsonObject, parseCniObject } from "./json.ts";
import { type CniVersion, selectCniVersion, supportedCniVersions } from "./version.ts";

/** One plugin of a network configuration. */
export interface CniPluginConfig {
  /** File name of the plugin's program. */
  readonly type: string;
  /** Capabilities that the configuration declares: what the plugin wants in `runtimeConfig`. */
  readonly capabilities: readonly string[];
  /** The whole object as it was written, unknown fields included. */
  readonly fields: JsonObject;
}

/** A network configuration: a list of plugins that make up one network. */
export interface CniNetworkConfig {
  readonly name: string;
  /** The highest offered version that crisp speaks. */
  readonly cniVersion: CniVersion;
  readonly disableCheck: boolean;
  readonly disableGc: boolean;
  /** Whether plugins in the directory named after the network are left out. */
  readonly loadOnlyInlinedPlugins: boolean;
  /** May be empty when plugins of the directory are to be added. */
  readonly plugins: readonly CniPluginConfig[];
}

const maxPlugins = 64;
const maxVersions = 64;
const maxCapabilities = 64;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
const pluginTypePattern = /^[^/\\\0]{1,200}$/;

/**
 * Decodes a network configuration: a list (`plugins`), or the older form of a single plugin's object.
 *
 * @throws Fault `invalid` that names the field
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#section-1-network-configuration-format
 */
export function decodeCniNetworkConfig(text: string, what = "network configuration"): CniNetworkConfig {
  return decodeCniNetworkObject(parseCniObject(text, what), what);
}

/** As {@link decodeCniNetworkConfig}, of an object that is parsed already. */
export function decodeCniNetworkObject(object: JsonObject, what: string): CniNetworkConfig {
  const loadOnlyInlinedPlugins = decodeFlag(object, "loadOnlyInlinedPlugins", what);
  return {
    name: decodeName(object, what),
    cniVersion: decodeVersion(object, what),
    disableCheck: decodeFlag(object, "disableCheck", what),
    disableGc: decodeFlag(object, "disableGC", what),
    loadOnlyInlinedPlugins,
    plugins: decodePlugins(object, loadOnlyInlinedPlugins, what),
  };
}

/**
 * Decodes one plugin's object, as files in the directory named after a network hold it.
 *
 * @throws Fault `invalid` that names the field
 */
export function decodeCniPluginConfig(text: string, what = "plugin configuration"): CniPluginConfig {
  return decodePlugin(parseCniObject(text, what), what);
}

function decodeName(object: JsonObject, what: string): string {
  const name = object["name"];
  if (typeof name !== "string") throw badCniDocument(what, "name is missing");
  if (!namePattern.test(name)) throw badCniDocument(what, `name ${JSON.stringify(name)} is not allowed`);
  return name;
}

function decodeVersion(object: JsonObject, what: string): CniVersion {
  const { cniVersion = "0.1.0", cniVersions = [] } = object; // a configuration without version predates 0.3
  if (typeof cniVersion !== "string") throw badCniDocument(what, "cniVersion is not a string");
  if (!isStringList(cniVersions, maxVersions)) throw badCniDocument(what, "cniVersions is not a list of versions");
  const offered = [cniVersion, ...cniVersions];
  const selected = selectCniVersion(offered);
  if (selected !== undefined) return selected;
  throw badCniDocument(
    what,
    `cniVersion ${offered.join(", ")} is not supported, only ${supportedCniVersions.join(", ")}`,
  );
}

function decodeFlag(object: JsonObject, key: string, what: string): boolean {
  const value = object[key] ?? false;
  if (value === true || value === "true") return true; // libcni takes the words too
  if (value === false || value === "false") return false;
  throw badCniDocument(what, `${key} is neither true nor false`);
}

function decodePlugins(object: JsonObject, isComplete: boolean, what: string): readonly CniPluginConfig[] {
  const plugins = object["plugins"];
  if (plugins === undefined && "type" in object) return [decodePlugin(object, what)];
  if (plugins === undefined && !isComplete) return [];
  if (!Array.isArray(plugins) || plugins.length === 0) throw badCniDocument(what, "plugins is not a list of plugins");
  if (plugins.length > maxPlugins) throw badCniDocument(what, `plugins has more than ${maxPlugins} entries`);
  return plugins.map((plugin: unknown, index) => {
    if (!isJsonObject(plugin)) throw badCniDocument(what, `plugins[${index}] is not an object`);
    return decodePlugin(plugin, `${what}: plugins[${index}]`);
  });
}

function decodePlugin(fields: JsonObject, what: string): CniPluginConfig {
  const type = fields["type"];
  if (typeof type !== "string") throw badCniDocument(what, "type is missing");
  if (!pluginTypePattern.test(type) || type === "." || type === "..") {
    throw badCniDocument(what, `type ${JSON.stringify(type)} is not a file name`);
  }
  return { type, capabilities: decodeCapabilities(fields["capabilities"], what), fields };
}

function decodeCapabilities(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) throw badCniDocument(what, "capabilities is not an object");
  const declared = Object.entries(value);
  if (declared.length > maxCapabilities) throw badCniDocument(what, `more than ${maxCapabilities} capabilities`);
  return declared.filter(([, isWanted]) => isWanted === true).map(([name]) => name);
}

function isStringList(value: unknown, maxLength: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= maxLength && value.every((entry) => typeof entry === "string");
}
