import { Fault, messageOf } from "#foundation";
import { isJsonObject, type JsonObject } from "../cni/json.ts";

/** JSON with numbers as written, which the compiler's library does not know yet. */
const rawJson = (JSON as unknown as { readonly rawJSON: (source: string) => unknown }).rawJSON;

/**
 * The process of a config.json, to be written again with other values.
 *
 * Numbers that JavaScript would change (a limit of 2^64 - 1) are kept as they stand.
 *
 * @throws Fault `invalid` when there is none
 */
export function decodeProcessOfSpec(text: string): JsonObject {
  const { process } = decodeSpec(text);
  if (!isJsonObject(process)) throw badSpec("it has no process");
  return process;
}

/** A whole config.json, to be written again. Numbers as above. @throws Fault `invalid` when it is none */
export function decodeSpec(text: string): JsonObject {
  let spec: unknown;
  try {
    spec = JSON.parse(text, keepNumber);
  } catch (error) {
    throw badSpec(messageOf(error));
  }
  if (!isJsonObject(spec)) throw badSpec("it is no object");
  return spec;
}

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && String(value) !== source ? rawJson(source) : value;
}

function badSpec(problem: string): Fault {
  return new Fault("invalid", `decode config.json: ${problem}`, { reason: { code: "spec.config-json" } });
}
