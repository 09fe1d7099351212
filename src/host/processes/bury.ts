import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";

/** Reaps a child that has ended. Nobody has to wait for this: how it ended is known, or nobody wants to know. */
export async function bury(native: Pick<Native, "reap">, pid: number): Promise<void> {
  try {
    await native.reap(pid);
  } catch (error) {
    // Somebody else was quicker.
    if (!isErrno(error, "ECHILD")) throw error;
  }
}
