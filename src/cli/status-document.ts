import type { JsonValue } from "@bufbuild/protobuf";
import { badAnswer } from "./faults.ts";

/**
 * A status with the runtime's own facts beside it, as `inspect` prints it.
 * The facts are texts that may hold JSON; that is shown as what it is.
 *
 * @throws Fault `broken` when a fact begins like JSON and is none
 */
export function statusDocument(
  status: Readonly<Record<string, JsonValue>>,
  info: Readonly<Record<string, string>>,
): JsonValue {
  const facts = Object.keys(info)
    .sort()
    .map((name) => [name, parseFact(name, info[name] ?? "")] as const);
  return { ...status, ...Object.fromEntries(facts) };
}

function parseFact(name: string, text: string): JsonValue {
  if (!text.startsWith("{")) return text.replace(/^"+|"+$/g, "");
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw badAnswer(`info ${name} is not JSON`, error);
  }
}

/** One document alone, several as a list. */
export function joinDocuments(documents: readonly JsonValue[]): JsonValue {
  const [only] = documents;
  return documents.length === 1 && only !== undefined ? only : [...documents];
}
