import { endianness } from "node:os";
import type { Libc } from "./libc.ts";

/** Processes by pid and pidfd, and what is left of them. */
export interface ProcessCalls {
  readonly pidfdOpen: (pid: number) => number;
  readonly pidfdSendSignal: (pidfd: number, signal: number) => void;
  /** How a child has ended that waits to be reaped, and goes on to wait; undefined while it runs. Fails with ECHILD when it is no child of ours. */
  readonly endOf: (pid: number) => ChildEnd | undefined;
  /**
   * Waits for a child's end and takes the child away.
   *
   * In the pool: even where the end has come, the kernel forgets what /proc had of the process first, which takes up to
   * tens of milliseconds on a busy machine.
   */
  readonly reap: (pid: number) => Promise<void>;
  /** Whether any child has ended and waits to be reaped. */
  readonly hasEndedChild: () => boolean;
  /** Makes this process the parent of what its descendants leave behind. */
  readonly becomeSubreaper: () => void;
}

/** As siginfo_t has it. */
export interface ChildEnd {
  /** CLD_EXITED is 1; all others are ends by a signal. */
  readonly code: number;
  /** The exit code, or the signal. */
  readonly status: number;
}

const pidfdSendSignalNumber = 424;
const pidfdOpenNumber = 434;
const setChildSubreaper = 36;
const idIsAny = 0;
const idIsPid = 1;
/** WNOHANG, WEXITED and WNOWAIT. */
const peekAtEnded = 1 | 4 | 0x0100_0000;
/** Where siginfo_t has what is said of a child on 64-bit machines. */
const siginfoOffsets = { code: 8, pid: 16, status: 24 } as const;
const siginfoBytes = 128;

export function processCalls(libc: Libc): ProcessCalls {
  const syscall = libc.call<[number, number, number, number, number]>(
    "long syscall(long number, long a, long b, long c, long d)",
  );
  const waitpid = libc.callInPool<[number, null, number]>("int waitpid(int pid, int *status, int options)");
  const waitid = libc.call<[number, number, Buffer, number]>("int waitid(int kind, uint id, void *info, int options)");
  const prctl = libc.call<[number, number, number, number, number]>(
    "int prctl(int option, ulong a, ulong b, ulong c, ulong d)",
  );
  const info = Buffer.alloc(siginfoBytes);
  const read = `readInt32${endianness()}` as const;
  /** Whether a child of these has ended: then it is told of. */
  const peek = (kind: number, id: number): boolean => {
    waitid(kind, id, info.fill(0), peekAtEnded);
    return info[read](siginfoOffsets.pid) !== 0;
  };
  return {
    pidfdOpen: (pid) => syscall(pidfdOpenNumber, pid, 0, 0, 0),
    pidfdSendSignal: (pidfd, signal) => void syscall(pidfdSendSignalNumber, pidfd, signal, 0, 0),
    endOf: (pid) => {
      if (!peek(idIsPid, pid)) return undefined;
      return { code: info[read](siginfoOffsets.code), status: info[read](siginfoOffsets.status) };
    },
    reap: async (pid) => void (await waitpid(pid, null, 0)),
    hasEndedChild: () => peek(idIsAny, 0),
    becomeSubreaper: () => void prctl(setChildSubreaper, 1, 0, 0, 0),
  };
}
