import { messageOf } from "#foundation";
import { badCniDocument } from "./faults.ts";

/** A JSON object whose fields are not known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** No configuration or result in the field comes near: Kubernetes' own limit for an object is 1.5 MiB. */
const maxChars = 1_048_576;
const maxDepth = 64;

/**
 * Parses a CNI document that is a JSON object.
 *
 * Numbers that JavaScript would change (64-bit rates, `1.0`) are kept as they were written, because a plugin's fields
 * must reach the plugin unchanged.
 *
 * @param what names the document in a fault
 * @throws Fault `invalid` when it is no JSON object, too long, or nested too deeply
 */
export function parseCniObject(text: string, what: string): JsonObject {
  if (text.length > maxChars) throw badCniDocument(what, `longer than ${maxChars} characters`);
  if (isNestedDeeperThan(maxDepth, text)) throw badCniDocument(what, `nested deeper than ${maxDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text, keepNumber);
  } catch (error) {
    throw badCniDocument(what, `not JSON: ${messageOf(error)}`, error);
  }
  if (!isJsonObject(value)) throw badCniDocument(what, "not a JSON object");
  return value;
}

/** Whether a value is a JSON object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON with the functions for source texts, which the compiler's library does not know yet. */
const json = JSON as unknown as { rawJSON(source: string): unknown };

function keepNumber(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || String(value) === source) return value;
  return json.rawJSON(source);
}

/** Counts brackets outside of strings, so that a parser need not recurse to find out. */
function isNestedDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (isInString) {
      if (char === 0x5c)
        at += 1; // a backslash hides the next character
      else if (char === 0x22) isInString = false;
    } else if (char === 0x22) isInString = true;
    else if (char === 0x7b || char === 0x5b) depth += 1;
    else if (char === 0x7d || char === 0x5d) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}
