import { Fault, messageOf } from "#foundation";
import { isJsonObject, type JsonObject } from "../cni/json.ts";

/** What a runtime program says it can do. */
export interface OciRuntimeFeatures {
  /** Option names that a mount may have: "rro", "idmap" … */
  readonly mountOptions: ReadonlySet<string>;
  /** Namespace types: "user", "cgroup" … */
  readonly namespaces: ReadonlySet<string>;
  /** Capabilities by name; undefined when it does not tell them. */
  readonly capabilities: ReadonlySet<string> | undefined;
  readonly hasIdmappedMounts: boolean;
  readonly hasSeccomp: boolean;
  readonly hasApparmor: boolean;
  readonly hasSelinux: boolean;
}

/**
 * Decodes what `runtime features` prints. Fields that are absent count as not there.
 *
 * @throws Fault `invalid` when it is no JSON object
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.1/features.md
 */
export function decodeRuntimeFeatures(text: string): OciRuntimeFeatures {
  const features = parseObject(text);
  const linux = objectAt(features, "linux");
  const extensions = objectAt(linux, "mountExtensions");
  const options = stringsAt(features, "mountOptions");
  return {
    mountOptions: options,
    namespaces: stringsAt(linux, "namespaces"),
    capabilities: linux["capabilities"] === undefined ? undefined : stringsAt(linux, "capabilities"),
    hasIdmappedMounts: isEnabled(objectAt(extensions, "idmap")),
    hasSeccomp: isEnabled(objectAt(linux, "seccomp")),
    hasApparmor: isEnabled(objectAt(linux, "apparmor")),
    hasSelinux: isEnabled(objectAt(linux, "selinux")),
  };
}

/** The state that `runtime state` prints; undefined when it prints no such thing. */
export function decodeRuntimeStatus(text: string): string | undefined {
  const status = parseObject(text)["status"];
  return typeof status === "string" ? status : undefined;
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson(messageOf(error));
  }
  if (!isJsonObject(value)) throw notJson("not an object");
  return value;
}

function notJson(problem: string): Fault {
  return new Fault("invalid", `decode what the runtime printed: ${problem}`, {
    reason: { code: "spec.runtime-output" },
  });
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isJsonObject(value) ? value : {};
}

function stringsAt(parent: JsonObject, key: string): ReadonlySet<string> {
  const value = parent[key];
  return new Set(Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : []);
}

function isEnabled(feature: JsonObject): boolean {
  return feature["enabled"] === true;
}
