import { parse } from "smol-toml";
import { Fault, messageOf } from "#foundation";
import type { JsonObject } from "./image/fields.ts";

/** Most characters of a TOML document that somebody else's tools write. */
export const maxTomlLength: number = 256 * 1024;

/**
 * Parses a TOML document of limited size.
 *
 * @throws Fault `invalid` naming `what`
 */
export function parseTomlDocument(text: string, what: string): JsonObject {
  if (text.length > maxTomlLength) throw new Fault("invalid", `${what} is too large`);
  try {
    return parse(text, { maxDepth: 32 });
  } catch (cause) {
    throw new Fault("invalid", `${what} is not TOML: ${messageOf(cause).split("\n", 1)[0]}`, { cause });
  }
}
