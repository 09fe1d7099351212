import { misused } from "./faults.ts";

/** Collects a flag that may be given many times. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/**
 * Reads `key=value` pairs. A value may hold further equal signs.
 *
 * @throws Fault `invalid` when a pair has no equal sign or no key
 */
export function parsePairs(what: string, pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw misused(`${what} ${JSON.stringify(pair)}: write it like key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/**
 * Reads a flag's regular expression.
 *
 * @throws Fault `invalid` when it is none
 */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw misused(`pattern ${JSON.stringify(text)}: not a regular expression`, { cause: error });
  }
}
