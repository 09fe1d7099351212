import { type JsonObject, parseCniObject } from "./json.ts";

/** Error codes of the specification that a runtime acts on. */
export const cniErrorCodes = {
  tryAgainLater: 11,
  notAvailable: 50,
  notAvailableAndLimited: 51,
} as const;

/** What a plugin says about its failure. */
export interface CniError {
  readonly code: number;
  readonly message: string;
  /** Empty when the plugin gives none. */
  readonly details: string;
}

/**
 * Decodes a failed plugin's output; undefined when it is no error object, as of a plugin that crashed.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#error
 */
export function decodeCniError(text: string): CniError | undefined {
  const object = tryParse(text);
  if (object === undefined) return undefined;
  const { code, msg, details } = object;
  if (typeof code !== "number" && typeof msg !== "string") return undefined;
  return {
    code: typeof code === "number" ? code : 0,
    message: typeof msg === "string" ? msg : "",
    details: typeof details === "string" ? details : "",
  };
}

/** A plugin that failed may print anything: what is not an error object is no fault of its own. */
function tryParse(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return parseCniObject(text, "error");
  } catch {
    return undefined;
  }
}
