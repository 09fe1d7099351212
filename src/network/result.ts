import {
  type CniAddress,
  type CniInterface,
  type CniResult,
  type CniVersion,
  decodeCniResult,
  isCniVersionAtLeast,
  isJsonObject,
  parseCniObject,
} from "#spec";
import { badPluginResult, noAddress } from "./faults.ts";
import type { IpPreference } from "./options.ts";
import type { NetworkAttachment } from "./types.ts";

/** A plugin's result: as it wrote it, and understood. */
export interface PluginResult {
  readonly text: string;
  readonly decoded: CniResult;
}

/**
 * Reads what a plugin printed after ADD, in the version that was asked for: the next plugin refuses any other.
 *
 * @throws Fault `broken` when it is no result
 */
export function readPluginResult(plugin: string, stdout: string, version: CniVersion): PluginResult {
  try {
    const text = stdout.trim();
    const decoded = decodeCniResult(text);
    return { text: decoded.cniVersion === version ? text : rewriteVersion(text, version), decoded };
  } catch (error) {
    throw badPluginResult(plugin, error);
  }
}

/**
 * What the pod got, out of the last result.
 *
 * @throws Fault `broken` when there is no address
 */
export function toAttachment(
  networkName: string,
  interfaceName: string,
  result: PluginResult,
  preference: IpPreference,
): NetworkAttachment {
  const { interfaces } = result.decoded;
  const addresses = addressesOf(interfaceName, result);
  if (addresses.length === 0) throw noAddress(interfaceName);
  const primary = addresses.find((address) => address.family === preference) ?? addresses[0];
  const mac = interfaces.find((candidate) => isPods(candidate, interfaceName))?.mac;
  return {
    networkName,
    interfaceName,
    ips: [...new Set([primary, ...addresses].flatMap((address) => address?.ip ?? []))],
    ...(mac === undefined ? {} : { mac }),
    result: result.text,
  };
}

/** The addresses of the pod's own interface, as the result lists them. */
export function addressesOf(interfaceName: string, { decoded }: PluginResult): readonly CniAddress[] {
  const { interfaces, ips } = decoded;
  const own = ips.filter(({ interface: index = -1 }) => index < 0 || isPods(interfaces[index], interfaceName));
  return own.length > 0 ? own : ips; // some plugins tell neither name nor namespace
}

function isPods(candidate: CniInterface | undefined, interfaceName: string): boolean {
  return candidate?.name === interfaceName && candidate.sandbox !== undefined;
}

/** Old plugins leave the version out or write their own; 0.3.0 to 1.1.0 differ in one field of an address only. */
function rewriteVersion(text: string, version: CniVersion): string {
  const { ips, ...rest } = parseCniObject(text, "result");
  const needsFamily = !isCniVersionAtLeast(version, "1.0.0");
  const addresses = Array.isArray(ips) && needsFamily ? ips.map(withFamily) : ips;
  return JSON.stringify({ ...rest, cniVersion: version, ...(addresses === undefined ? {} : { ips: addresses }) });
}

function withFamily(address: unknown): unknown {
  if (!isJsonObject(address)) return address;
  return { version: String(address["address"]).includes(":") ? "6" : "4", ...address };
}
