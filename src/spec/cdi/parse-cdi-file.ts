import { Fault } from "#foundation";
import { parseYaml } from "../yaml.ts";
import { type CdiSpec, decodeCdiSpec } from "./decode-cdi-spec.ts";

/** Most bytes of a CDI file: those of large nodes have some ten thousand. */
export const maxCdiFileBytes: number = 1_048_576;

/** Whether a directory of CDI files is read for a file of this name. */
export function isCdiFileName(name: string): boolean {
  return name.endsWith(".json") || name.endsWith(".yaml");
}

/**
 * Reads a CDI file; the name tells its form.
 *
 * @throws Fault `invalid`
 */
export async function parseCdiFile(name: string, text: string): Promise<CdiSpec> {
  return decodeCdiSpec(name.endsWith(".json") ? parseJson(text) : await parseYaml(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("invalid", "is not JSON", { cause });
  }
}
