import { isIP } from "node:net";
import { badCniDocument } from "./faults.ts";
import { isJsonObject, type JsonObject, parseCniObject } from "./json.ts";

/** An interface that a plugin made or changed. */
export interface CniInterface {
  readonly name: string;
  readonly mac?: string;
  /** Namespace that the interface is in; absent on the host's side. */
  readonly sandbox?: string;
}

/** An address that a plugin assigned. */
export interface CniAddress {
  /** Without prefix length. */
  readonly ip: string;
  readonly family: "ipv4" | "ipv6";
  /** Bits of the network's part; all of them where the plugin says nothing. */
  readonly prefixLength: number;
  /** Index into the interfaces. */
  readonly interface?: number;
}

/** A plugin's result, as far as a runtime looks into it; 0.3.0 to 1.1.0 agree about these fields. */
export interface CniResult {
  /** Absent when the plugin left it out, which old ones do. */
  readonly cniVersion?: string;
  readonly interfaces: readonly CniInterface[];
  readonly ips: readonly CniAddress[];
}

const maxInterfaces = 1024;
const maxAddresses = 1024;

/**
 * Decodes what a plugin printed after ADD.
 *
 * @throws Fault `invalid` that names the field
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#add-success
 */
export function decodeCniResult(text: string, what = "result"): CniResult {
  const object = parseCniObject(text, what);
  const cniVersion = decodeString(object, "cniVersion", what);
  const interfaces = decodeList(object["interfaces"], maxInterfaces, `${what}: interfaces`).map(decodeInterface);
  const addresses = decodeList(object["ips"], maxAddresses, `${what}: ips`);
  return {
    ...(cniVersion === undefined ? {} : { cniVersion }),
    interfaces,
    ips: addresses.map((address) => decodeAddress(address, interfaces.length, `${what}: ips`)),
  };
}

function decodeInterface(object: JsonObject): CniInterface {
  const what = "result: interfaces";
  const mac = decodeString(object, "mac", what);
  const sandbox = decodeString(object, "sandbox", what);
  return {
    name: decodeString(object, "name", what) ?? "",
    ...(mac === undefined ? {} : { mac }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}

function decodeAddress(object: JsonObject, interfaceCount: number, what: string): CniAddress {
  const address = decodeString(object, "address", what) ?? "";
  const [ip = "", prefix] = address.split("/");
  const family = isIP(ip);
  const bits = family === 4 ? 32 : 128;
  const prefixLength = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (family === 0 || prefixLength < 0 || prefixLength > bits) {
    throw badCniDocument(what, `${JSON.stringify(address)} is not an address`);
  }
  const index = object["interface"];
  return {
    ip,
    family: family === 4 ? "ipv4" : "ipv6",
    prefixLength,
    ...(index === undefined || index === null ? {} : { interface: decodeIndex(index, interfaceCount, what) }),
  };
}

/** Old plugins write -1 for "none". */
function decodeIndex(index: unknown, interfaceCount: number, what: string): number {
  if (typeof index === "number" && Number.isInteger(index) && index >= -1 && index < interfaceCount) return index;
  throw badCniDocument(what, `interface ${JSON.stringify(index)} is not one of ${interfaceCount} interfaces`);
}

function decodeList(value: unknown, maxLength: number, what: string): readonly JsonObject[] {
  if (value === undefined || value === null) return []; // Go writes null for an empty list
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw badCniDocument(what, "not a list of objects");
  if (value.length > maxLength) throw badCniDocument(what, `more than ${maxLength} entries`);
  return value;
}

function decodeString(object: JsonObject, key: string, what: string): string | undefined {
  const value = object[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw badCniDocument(what, `${key} is not a string`);
  return value;
}
