import { parseJsonObject, toList, toObject, toText } from "./image/fields.ts";

/** How a remote process ended, as the error stream tells it from version 4 on. */
export type ProcessStatus =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "failed"; readonly message: string };

const maxStatusBytes: number = 64 * 1024;

/**
 * Decodes the Status document at the end of an exec or attach.
 *
 * @throws Fault `invalid` when it is none
 */
export function decodeProcessStatus(bytes: Uint8Array): ProcessStatus {
  const what = "the status of the process";
  const document = parseJsonObject(bytes, what, maxStatusBytes);
  if (document["status"] === "Success") return { kind: "exited", exitCode: 0 };
  const details = toObject(document["details"] ?? {}, `${what}: details`);
  for (const entry of toList(details["causes"], `${what}: causes`)) {
    const cause = toObject(entry, `${what}: cause`);
    const exitCode = Number(toText(cause["message"], `${what}: exit code`));
    if (cause["reason"] === "ExitCode" && Number.isInteger(exitCode)) return { kind: "exited", exitCode };
  }
  return { kind: "failed", message: toText(document["message"], `${what}: message`) };
}
