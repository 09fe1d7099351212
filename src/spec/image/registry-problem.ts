import { Fault } from "#foundation";
import { parseJsonObject, toList, toObject, toText } from "./fields.ts";

/** Most bytes of an error document that are looked at. */
export const maxRegistryProblemBytes: number = 64 * 1024;

const maxLength = 200;

/**
 * Reads what a registry says is wrong: "MANIFEST_UNKNOWN: manifest unknown".
 *
 * Empty when the bytes are no error document: a proxy's page says nothing that the status does not.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
 */
export function decodeRegistryProblem(bytes: Uint8Array): string {
  try {
    const [first] = toList(parseJsonObject(bytes, "error answer", maxRegistryProblemBytes)["errors"], "errors");
    const problem = toObject(first, "error");
    const words = [toText(problem["code"], "code"), toText(problem["message"], "message")];
    const text = words.filter((word) => word !== "").join(": ");
    return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, maxLength);
  } catch (error) {
    if (error instanceof Fault) return "";
    throw error;
  }
}
