import { Fault } from "#foundation";

/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Most members or elements that a document's lists and maps may have. */
const countLimit = 4096;

/**
 * Parses a JSON document of limited size into an object.
 *
 * @throws Fault `invalid` naming `what` when it is too large, no JSON, or no object
 */
export function parseJsonObject(bytes: Uint8Array, what: string, maxBytes: number): JsonObject {
  return toObject(parseJson(bytes, what, maxBytes), what);
}

/** As {@link parseJsonObject}, for a document that is a list. @throws Fault `invalid` */
export function parseJsonList(bytes: Uint8Array, what: string, maxBytes: number): readonly unknown[] {
  return toList(parseJson(bytes, what, maxBytes), what);
}

function parseJson(bytes: Uint8Array, what: string, maxBytes: number): unknown {
  if (bytes.byteLength > maxBytes) {
    throw new Fault("invalid", `${what} has ${bytes.byteLength} bytes, more than the ${maxBytes} allowed`);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Fault("invalid", `${what} is not JSON`, { cause });
  }
}

/** @throws Fault `invalid` when the value is no object, or has too many members */
export function toObject(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Fault("invalid", `${what} is not an object`);
  }
  if (Object.keys(value).length > countLimit) throw new Fault("invalid", `${what} has more than ${countLimit} members`);
  return value as JsonObject;
}

/** A list; a missing one (undefined or null, as Go writes it) is empty. @throws Fault `invalid` */
export function toList(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Fault("invalid", `${what} is not a list`);
  if (value.length > countLimit) throw new Fault("invalid", `${what} has more than ${countLimit} elements`);
  return value as readonly unknown[];
}

/** A text; a missing one is empty. @throws Fault `invalid` */
export function toText(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new Fault("invalid", `${what} is not a text`);
  return value;
}

/** A list of texts; a missing one is empty. @throws Fault `invalid` */
export function toTexts(value: unknown, what: string): readonly string[] {
  return toList(value, what).map((element, index) => toText(element, `${what}[${index}]`));
}

/** A map of texts; a missing one is empty. @throws Fault `invalid` */
export function toTextMap(value: unknown, what: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(toObject(value, what));
  return Object.fromEntries(entries.map(([key, member]) => [key, toText(member, `${what}.${key}`)]));
}

/** A whole number from 0 to 2^53. @throws Fault `invalid` */
export function toCount(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new Fault("invalid", `${what} is not a whole number`);
  }
  return value;
}

/** True or false; `absent` when it is missing. @throws Fault `invalid` */
export function toFlag(value: unknown, what: string, absent: boolean): boolean {
  if (value === undefined) return absent;
  if (typeof value !== "boolean") throw new Fault("invalid", `${what} is not true or false`);
  return value;
}
