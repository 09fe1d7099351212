import { endianness } from "node:os";
import type { Libc } from "./libc.ts";

/** Processes by pid and pidfd, and what is left of them. */
export interface ProcessCalls {
  readonly pidfdOpen: (pid: number) => number;
  readonly pidfdSendSignal: (pidfd: number, signal: number) => void;
  /** The raw status of an ended child; undefined while it runs and the options say not to wait. */
  readonly waitpid: (pid: number, options: number) => number | undefined;
  /** Whether a child has ended and waits to be reaped; it stays so. Fails with ECHILD when it is no child of ours. */
  readonly hasEnded: (pid: number) => boolean;
  /** Makes this process the parent of what its descendants leave behind. */
  readonly becomeSubreaper: () => void;
}

const pidfdSendSignalNumber = 424;
const pidfdOpenNumber = 434;
const setChildSubreaper = 36;
const idIsPid = 1;
/** WNOHANG, WEXITED and WNOWAIT. */
const peekAtEnded = 1 | 4 | 0x0100_0000;
/** Where siginfo_t has the pid on 64-bit machines. */
const siginfoPidOffset = 16;
const siginfoBytes = 128;

export function processCalls(libc: Libc): ProcessCalls {
  const syscall = libc.call<[number, number, number, number, number]>(
    "long syscall(long number, long a, long b, long c, long d)",
  );
  const waitpid = libc.call<[number, Int32Array, number]>("int waitpid(int pid, int *status, int options)");
  const waitid = libc.call<[number, number, Buffer, number]>("int waitid(int kind, uint id, void *info, int options)");
  const prctl = libc.call<[number, number, number, number, number]>(
    "int prctl(int option, ulong a, ulong b, ulong c, ulong d)",
  );
  return {
    pidfdOpen: (pid) => syscall(pidfdOpenNumber, pid, 0, 0, 0),
    pidfdSendSignal: (pidfd, signal) => void syscall(pidfdSendSignalNumber, pidfd, signal, 0, 0),
    waitpid: (pid, options) => {
      const status = new Int32Array(1);
      return waitpid(pid, status, options) === 0 ? undefined : status[0];
    },
    hasEnded: (pid) => {
      const info = Buffer.alloc(siginfoBytes);
      waitid(idIsPid, pid, info, peekAtEnded);
      return info[`readInt32${endianness()}`](siginfoPidOffset) === pid;
    },
    becomeSubreaper: () => void prctl(setChildSubreaper, 1, 0, 0, 0),
  };
}
