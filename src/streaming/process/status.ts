import type { ProcessEnd } from "#spec";

/**
 * The end of a process as clients read it from the error stream: a document
 * from version 4 on, before it a text that is empty on success.
 */
export function formatEnd(end: ProcessEnd, hasStatusDocument: boolean): string {
  const isSuccess = end.kind === "exited" && end.exitCode === 0;
  if (hasStatusDocument) return JSON.stringify(isSuccess ? { metadata: {}, status: "Success" } : failureOf(end));
  return isSuccess ? "" : messageOfEnd(end);
}

/** kubectl takes its own exit code from the cause ExitCode. */
function failureOf(end: ProcessEnd): object {
  const failure = { metadata: {}, status: "Failure", message: messageOfEnd(end) };
  return end.kind === "exited"
    ? {
        ...failure,
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: String(end.exitCode) }] },
      }
    : { ...failure, reason: "InternalError", code: 500 };
}

function messageOfEnd(end: ProcessEnd): string {
  return end.kind === "exited"
    ? `command terminated with non-zero exit code: exit status ${end.exitCode}`
    : end.fault.message;
}
