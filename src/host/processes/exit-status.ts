import type { ChildEnd } from "../native/process-calls.ts";
import type { ExitStatus } from "../types.ts";

const exitedByItself = 1;

/** Reads how a child has ended: the code, or 128 + n as a shell reports signal n. */
export function decodeChildEnd({ code, status }: ChildEnd): ExitStatus {
  return code === exitedByItself ? { exitCode: status } : { exitCode: 128 + status, signal: status };
}
