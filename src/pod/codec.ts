import { Fault } from "#foundation";
import type { Codec } from "#store";
import type { ContainerRecord, SandboxRecord } from "./records.ts";

/** Version of the records' form; a record of another version is not ours to guess at. */
const recordVersion = 1;

export const sandboxCodec: Codec<SandboxRecord> = codecOf<SandboxRecord>(["id", "config", "status", "bootId"]);

export const containerCodec: Codec<ContainerRecord> = codecOf<ContainerRecord>(["id", "sandboxId", "config", "status"]);

/**
 * Records are plain data that only crisp writes, so what is checked on reading
 * is that this is one of ours, in this form, and whole.
 */
function codecOf<T extends object>(required: readonly (keyof T & string)[]): Codec<T> {
  return {
    encode: (value) => ({ version: recordVersion, record: encodeBigInts(value) }),
    decode: (value) => {
      if (!isObject(value) || value["version"] !== recordVersion) {
        throw new Fault("broken", `decode record: its version is not ${recordVersion}`);
      }
      const record = decodeBigInts(value["record"]);
      if (!isObject(record)) throw new Fault("broken", "decode record: it is not an object");
      for (const key of required) {
        if (record[key] === undefined) throw new Fault("broken", `decode record: ${key} is missing`);
      }
      return record as T;
    },
  };
}

/**
 * JSON has no integers beyond 2^53: nanoseconds are written as {"$bigint": "…"},
 * and a "$" that begins somebody's own key is doubled.
 */
const bigintKey = "$bigint";

export function encodeBigInts(value: unknown): unknown {
  if (typeof value === "bigint") return { [bigintKey]: value.toString() };
  if (Array.isArray(value)) return value.map(encodeBigInts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [escapeKey(key), encodeBigInts(item)]));
}

/** Takes `encodeBigInts` back. */
export function decodeBigInts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeBigInts);
  if (!isObject(value)) return value;
  const digits = value[bigintKey];
  if (typeof digits === "string") return BigInt(digits);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [unescapeKey(key), decodeBigInts(item)]));
}

function escapeKey(key: string): string {
  return key.startsWith("$") ? `$${key}` : key;
}

function unescapeKey(key: string): string {
  return key.startsWith("$$") ? key.slice(1) : key;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
