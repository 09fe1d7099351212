import { Fault } from "#foundation";
import { type JsonObject, toCount, toList, toObject, toText, toTexts } from "../image/fields.ts";
import type { OciHookName, OciIntelRdt } from "../oci-runtime/types.ts";
import { isCdiDevice, isCdiKind } from "./device-name.ts";

/** A device node; what is absent is that of the host's node. */
export interface CdiDeviceNode {
  /** In the container. */
  readonly path: string;
  /** On the host; empty: the same. */
  readonly hostPath: string;
  readonly type?: "b" | "c" | "u" | "p";
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  /** Letters of "rwm"; empty: all. */
  readonly permissions: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CdiMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly type: string;
  readonly options: readonly string[];
}

export interface CdiHook {
  readonly hookName: OciHookName;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly timeoutSeconds?: number;
}

/** What a device does to the container that gets it. */
export interface CdiEdits {
  /** Entries "KEY=value". */
  readonly env: readonly string[];
  readonly deviceNodes: readonly CdiDeviceNode[];
  readonly mounts: readonly CdiMount[];
  readonly hooks: readonly CdiHook[];
  readonly additionalGids: readonly number[];
  readonly intelRdt?: OciIntelRdt;
}

/** A CDI file: devices of one kind, and what goes with any of them. */
export interface CdiSpec {
  readonly kind: string;
  readonly edits: CdiEdits;
  readonly devices: ReadonlyMap<string, CdiEdits>;
}

const hookNames: ReadonlySet<string> = new Set<OciHookName>([
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
]);
const nodeTypes: ReadonlySet<string> = new Set(["b", "c", "u", "p"]);
const editKeys = ["env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt"];

/**
 * Accepts a CDI specification, as parsed from its JSON or YAML. What it asks
 * for in fields that are not known is refused: a device that is half there is worse than none.
 *
 * @throws Fault `invalid` naming the field
 * @see https://github.com/cncf-tags/container-device-interface/blob/v1.0.0/SPEC.md
 */
export function decodeCdiSpec(value: unknown): CdiSpec {
  const spec = toObject(value, "CDI specification");
  const version = toText(spec["cdiVersion"], "cdiVersion");
  if (!/^(?:0\.\d+|1\.\d+)\.\d+$/.test(version)) throw bad("cdiVersion", `${JSON.stringify(version)} is not known`);
  const kind = toText(spec["kind"], "kind");
  if (!isCdiKind(kind)) throw bad("kind", `${JSON.stringify(kind)} is not of the form vendor/class`);
  const devices = new Map<string, CdiEdits>();
  for (const [index, item] of toList(spec["devices"], "devices").entries()) {
    const at = `devices[${index}]`;
    const device = toObject(item, at);
    const name = toText(device["name"], `${at}.name`);
    if (!isCdiDevice(name)) throw bad(`${at}.name`, `${JSON.stringify(name)} cannot name a device`);
    if (devices.has(name)) throw bad(`${at}.name`, `${name} is there twice`);
    devices.set(name, decodeEdits(device["containerEdits"], `${at}.containerEdits`));
  }
  return { kind, edits: decodeEdits(spec["containerEdits"], "containerEdits"), devices };
}

function decodeEdits(value: unknown, at: string): CdiEdits {
  const edits = toObject(value ?? {}, at);
  const unknown = Object.keys(edits).find((key) => !editKeys.includes(key));
  if (unknown !== undefined) throw bad(`${at}.${unknown}`, "is not known");
  const list = <T>(key: string, decode: (item: JsonObject, where: string) => T): readonly T[] =>
    toList(edits[key], `${at}.${key}`).map((item, index) =>
      decode(toObject(item, `${at}.${key}[${index}]`), `${at}.${key}[${index}]`),
    );
  const env = toTexts(edits["env"], `${at}.env`);
  const nameless = env.find((entry) => entry.indexOf("=") <= 0 || entry.includes("\0"));
  if (nameless !== undefined) throw bad(`${at}.env`, "has an entry that is not KEY=value");
  return {
    env,
    deviceNodes: list("deviceNodes", decodeNode),
    mounts: list("mounts", decodeMount),
    hooks: list("hooks", decodeHook),
    additionalGids: toList(edits["additionalGids"], `${at}.additionalGids`).map((gid, index) =>
      toCount(gid, `${at}.additionalGids[${index}]`),
    ),
    ...(edits["intelRdt"] === undefined ? {} : { intelRdt: decodeIntelRdt(edits["intelRdt"], `${at}.intelRdt`) }),
  };
}

function decodeNode(node: JsonObject, at: string): CdiDeviceNode {
  const type = toText(node["type"], `${at}.type`);
  if (type !== "" && !nodeTypes.has(type)) throw bad(`${at}.type`, `${JSON.stringify(type)} is no type of node`);
  const permissions = toText(node["permissions"], `${at}.permissions`);
  if (!/^[rwm]*$/.test(permissions))
    throw bad(`${at}.permissions`, `${JSON.stringify(permissions)} is not made of r, w and m`);
  const hostPath = toText(node["hostPath"], `${at}.hostPath`);
  return {
    path: toAbsolute(node["path"], `${at}.path`),
    hostPath: hostPath === "" ? "" : toAbsolute(hostPath, `${at}.hostPath`),
    ...(type === "" ? {} : { type: type as NonNullable<CdiDeviceNode["type"]> }),
    permissions,
    ...optionalCounts(node, ["major", "minor", "fileMode", "uid", "gid"], at),
  };
}

function decodeMount(mount: JsonObject, at: string): CdiMount {
  return {
    hostPath: toText(mount["hostPath"], `${at}.hostPath`),
    containerPath: toAbsolute(mount["containerPath"], `${at}.containerPath`),
    type: toText(mount["type"], `${at}.type`),
    options: toTexts(mount["options"], `${at}.options`),
  };
}

function decodeHook(hook: JsonObject, at: string): CdiHook {
  const hookName = toText(hook["hookName"], `${at}.hookName`);
  if (!hookNames.has(hookName)) throw bad(`${at}.hookName`, `${JSON.stringify(hookName)} is no hook`);
  const { timeout } = optionalCounts(hook, ["timeout"], at);
  return {
    hookName: hookName as OciHookName,
    path: toAbsolute(hook["path"], `${at}.path`),
    args: toTexts(hook["args"], `${at}.args`),
    env: toTexts(hook["env"], `${at}.env`),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
  };
}

function decodeIntelRdt(value: unknown, at: string): OciIntelRdt {
  const rdt = toObject(value, at);
  const texts = ["closID", "l3CacheSchema", "memBwSchema"].flatMap((key) => {
    const text = toText(rdt[key], `${at}.${key}`);
    return text === "" ? [] : [[key, text]];
  });
  const flags = ["enableCMT", "enableMBM"].flatMap((key) => (rdt[key] === true ? [[key, true]] : []));
  return Object.fromEntries([...texts, ...flags]) as OciIntelRdt;
}

function optionalCounts<const Key extends string>(
  object: JsonObject,
  keys: readonly Key[],
  at: string,
): { readonly [K in Key]?: number } {
  const entries = keys.flatMap((key) =>
    object[key] === undefined || object[key] === null ? [] : [[key, toCount(object[key], `${at}.${key}`)]],
  );
  return Object.fromEntries(entries) as { readonly [K in Key]?: number };
}

function toAbsolute(value: unknown, at: string): string {
  const path = toText(value, at);
  if (!path.startsWith("/") || path.includes("\0")) throw bad(at, `${JSON.stringify(path)} is not an absolute path`);
  return path;
}

function bad(at: string, problem: string): Fault {
  return new Fault("invalid", `${at}: ${problem}`, { reason: { code: "spec.cdi", at } });
}
