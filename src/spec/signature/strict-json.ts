import { Fault } from "#foundation";
import { type JsonObject, parseJsonObject } from "../image/fields.ts";

/**
 * Parses a JSON object in which no key stands twice: two readers of a document
 * that decides on trust must not see two documents.
 *
 * @throws Fault `invalid` naming `what`, and the key
 */
export function parseStrictJsonObject(bytes: Uint8Array, what: string, maxBytes: number): JsonObject {
  const object = parseJsonObject(bytes, what, maxBytes);
  const repeated = findRepeatedKey(Buffer.from(bytes).toString("utf8"));
  if (repeated !== undefined) throw new Fault("invalid", `${what} has the key ${JSON.stringify(repeated)} twice`);
  return object;
}

/** @throws Fault `invalid` naming a key that is not among the known ones */
export function assertKnownKeys(object: JsonObject, known: readonly string[], what: string): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new Fault("invalid", `${what} has the unknown key ${JSON.stringify(unknown)}; known are ${known.join(", ")}`);
}

/** @throws Fault `invalid` when the value is no text, or an empty one */
export function toFilledText(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Fault("invalid", value === undefined ? `${what} is missing` : `${what} is not a text with something in it`);
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** The first key that one object has twice. The text must be valid JSON. */
function findRepeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let before = "";
  for (const [word] of text.matchAll(token)) {
    const keys = open.at(-1);
    if (word === "{") open.push(new Set());
    else if (word === "[") open.push(undefined);
    else if (word === "}" || word === "]") open.pop();
    else if (word.startsWith('"') && keys !== undefined && (before === "{" || before === ",")) {
      const key = JSON.parse(word) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    before = word;
  }
  return undefined;
}
