import { Fault } from "#foundation";

/** YAML's references can make much of little. */
const maxAliases = 100;

/**
 * Reads YAML, of which JSON is a part. The parser is loaded when the first file needs it.
 *
 * @throws Fault `invalid`
 */
export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text, { maxAliasCount: maxAliases });
  } catch (cause) {
    throw new Fault("invalid", "is not YAML", { cause });
  }
}
