import { Fault } from "#foundation";
import { isJsonObject, type JsonObject } from "../cni/json.ts";
import type { OciSeccompAction, OciSeccompArgument, OciSeccompOperator } from "./types.ts";

/** When a rule counts; empty conditions always hold. */
export interface SeccompCondition {
  /** The container has all of these capabilities. */
  readonly caps?: readonly string[];
  /** The machine is one of these, by Go's names: "amd64". */
  readonly arches?: readonly string[];
  /** The kernel is at least this: "4.8". */
  readonly minKernel?: string;
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: OciSeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly OciSeccompArgument[];
  /** The rule counts only when all of this holds. */
  readonly includes?: SeccompCondition;
  /** The rule does not count when any of this holds. */
  readonly excludes?: SeccompCondition;
}

/** A profile file: the OCI section itself, or the wider form with conditions and an architecture map. */
export interface SeccompProfile {
  readonly defaultAction: OciSeccompAction;
  readonly defaultErrnoRet?: number;
  /** Empty: those of the machine. */
  readonly architectures: readonly string[];
  readonly flags: readonly string[];
  readonly rules: readonly SeccompRule[];
}

const actions: ReadonlySet<string> = new Set<OciSeccompAction>([
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
]);

const operators: ReadonlySet<string> = new Set<OciSeccompOperator>([
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
]);

const maxRules = 2000;
const maxNames = 2000;
const maxArguments = 6;

/**
 * Accepts the JSON of a seccomp profile file.
 *
 * @throws Fault `invalid` naming the field
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.1/config-linux.md#seccomp
 */
export function decodeSeccompProfile(value: unknown): SeccompProfile {
  const profile = asObject(value, "profile");
  return {
    defaultAction: asAction(profile["defaultAction"], "defaultAction"),
    ...optional("defaultErrnoRet", asErrno(profile["defaultErrnoRet"], "defaultErrnoRet")),
    architectures: asStrings(profile["architectures"], "architectures"),
    flags: asStrings(profile["flags"], "flags"),
    rules: asArray(profile["syscalls"], "syscalls", maxRules).map((rule, index) =>
      decodeRule(rule, `syscalls[${index}]`),
    ),
  };
}

function decodeRule(value: unknown, at: string): SeccompRule {
  const rule = asObject(value, at);
  const names =
    rule["name"] === undefined ? asStrings(rule["names"], `${at}.names`) : [asString(rule["name"], `${at}.name`)];
  if (names.length === 0) throw bad(`${at}.names`, "is empty");
  const args = asArray(rule["args"] ?? undefined, `${at}.args`, maxArguments);
  return {
    names,
    action: asAction(rule["action"], `${at}.action`),
    ...optional("errnoRet", asErrno(rule["errnoRet"], `${at}.errnoRet`)),
    ...(args.length === 0 ? {} : { args: args.map((arg, index) => decodeArgument(arg, `${at}.args[${index}]`)) }),
    ...optional("includes", decodeCondition(rule["includes"], `${at}.includes`)),
    ...optional("excludes", decodeCondition(rule["excludes"], `${at}.excludes`)),
  };
}

function decodeArgument(value: unknown, at: string): OciSeccompArgument {
  const argument = asObject(value, at);
  const op = asString(argument["op"], `${at}.op`);
  if (!operators.has(op)) throw bad(`${at}.op`, `is ${JSON.stringify(op)}, which is no comparison`);
  const index = asNumber(argument["index"], `${at}.index`);
  if (index >= maxArguments) throw bad(`${at}.index`, `is ${index}; a call has ${maxArguments} arguments`);
  return {
    index,
    value: asNumber(argument["value"], `${at}.value`),
    ...(argument["valueTwo"] === undefined ? {} : { valueTwo: asNumber(argument["valueTwo"], `${at}.valueTwo`) }),
    op: op as OciSeccompOperator,
  };
}

function decodeCondition(value: unknown, at: string): SeccompCondition | undefined {
  if (value === undefined || value === null) return undefined;
  const condition = asObject(value, at);
  const minKernel = condition["minKernel"];
  return {
    caps: asStrings(condition["caps"], `${at}.caps`),
    arches: asStrings(condition["arches"], `${at}.arches`),
    ...(minKernel === undefined ? {} : { minKernel: asString(minKernel, `${at}.minKernel`) }),
  };
}

function asAction(value: unknown, at: string): OciSeccompAction {
  const action = asString(value, at);
  if (!actions.has(action)) throw bad(at, `is ${JSON.stringify(action)}, which is no action that can be granted`);
  return action as OciSeccompAction;
}

function asErrno(value: unknown, at: string): number | undefined {
  return value === undefined || value === null ? undefined : asNumber(value, at);
}

function asObject(value: unknown, at: string): JsonObject {
  if (!isJsonObject(value)) throw bad(at, "is not an object");
  return value;
}

function asArray(value: unknown, at: string, limit: number): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw bad(at, "is not a list");
  if (value.length > limit) throw bad(at, `has ${value.length} entries; at most ${limit} are read`);
  return value as readonly unknown[];
}

function asStrings(value: unknown, at: string): readonly string[] {
  return asArray(value, at, maxNames).map((entry, index) => asString(entry, `${at}[${index}]`));
}

function asString(value: unknown, at: string): string {
  if (typeof value !== "string") throw bad(at, "is not a string");
  return value;
}

function asNumber(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) throw bad(at, "is not a whole number");
  return value;
}

function bad(at: string, problem: string): Fault {
  return new Fault("invalid", `decode seccomp profile: ${at} ${problem}`, {
    reason: { code: "spec.seccomp-profile", at },
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
