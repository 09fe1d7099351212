import type { ExitStatus } from "../types.ts";

/** Reads the status that waitpid gave: the code, or 128 + n as a shell reports signal n. */
export function decodeWaitStatus(status: number): ExitStatus {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { exitCode: 128 + signal, signal };
}
