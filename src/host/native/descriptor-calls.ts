import { closeOnExec, type Libc } from "./libc.ts";

/** Pipes, files in memory, and what can be asked of any descriptor. */
export interface DescriptorCalls {
  /** Read end and write end of a pipe, both closed in children. */
  readonly pipe: () => readonly [number, number];
  /** The same open file under a number of at least `least`, closed in children. */
  readonly duplicate: (fd: number, least: number) => number;
  /** Marks a descriptor so that no child gets it unasked. */
  readonly closeInChildren: (fd: number) => void;
  /** Fails with EWOULDBLOCK at once when somebody holds the lock. */
  readonly flockNow: (fd: number) => void;
  readonly ioctl: (fd: number, request: number, argument: Buffer) => void;
  readonly syncfs: (fd: number) => Promise<void>;
  /** An empty file that is in memory only, closed in children. */
  readonly memoryFile: (name: string) => number;
  /** Makes a file in memory unchangeable for ever. */
  readonly seal: (fd: number) => void;
}

const fDuplicateCloseOnExec = 1030;
const fSetDescriptorFlags = 2;
const descriptorCloseOnExec = 1;
const fAddSeals = 1033;
/** F_SEAL_SEAL, SHRINK, GROW and WRITE: no more and no fewer, runtimes compare. */
const everySeal = 1 | 2 | 4 | 8;
const memoryCloseOnExec = 1;
const memoryMaySeal = 2;
const lockExclusiveNow = 2 | 4;

export function descriptorCalls(libc: Libc): DescriptorCalls {
  const pipe2 = libc.call<[Int32Array, number]>("int pipe2(int *fds, int flags)");
  const fcntl = libc.call<[number, number, number]>("int fcntl(int fd, int command, long argument)");
  const flock = libc.call<[number, number]>("int flock(int fd, int operation)");
  const ioctl = libc.call<[number, number, Buffer]>("int ioctl(int fd, ulong request, void *argument)");
  const memfdCreate = libc.call<[string, number]>("int memfd_create(const char *name, uint flags)");
  const syncfs = libc.callInPool<[number]>("int syncfs(int fd)");
  return {
    pipe: () => {
      const fds = new Int32Array(2);
      pipe2(fds, closeOnExec);
      return [fds[0] ?? -1, fds[1] ?? -1];
    },
    duplicate: (fd, least) => fcntl(fd, fDuplicateCloseOnExec, least),
    closeInChildren: (fd) => void fcntl(fd, fSetDescriptorFlags, descriptorCloseOnExec),
    flockNow: (fd) => void flock(fd, lockExclusiveNow),
    ioctl: (fd, request, argument) => void ioctl(fd, request, argument),
    syncfs: async (fd) => void (await syncfs(fd)),
    memoryFile: (name) => memfdCreate(name, memoryCloseOnExec | memoryMaySeal),
    seal: (fd) => void fcntl(fd, fAddSeals, everySeal),
  };
}
