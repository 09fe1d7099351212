import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { IdMappings, InterfaceCounters } from "#spec";
import type { Cgroups } from "./cgroups/types.ts";
import type { PieceSink } from "./files/piece-sink.ts";
import type { Mounts } from "./mounts/types.ts";
import type { Sockets } from "./sockets/types.ts";
import type { TreeEntry } from "./tree/types.ts";

/** How a process ended: its code, or 128 + n when signal n ended it. */
export interface ExitStatus {
  readonly exitCode: number;
  /** Number of the signal that ended it, when one did. */
  readonly signal?: number;
}

/** A program to start. Nothing is inherited but what stands here. */
export interface Command {
  /** Absolute path, or a name that is looked up in the daemon's PATH. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment; the daemon's own PATH when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Deadline of the whole run; the process group gets TERM, then KILL. */
  readonly timeoutMs: number;
  /** Bytes for standard input; none means /dev/null. */
  readonly stdin?: Uint8Array;
  /** Told who runs, as soon as it does: for who must find it again after the end of this process. */
  readonly onStart?: (process: ProcessIdentity) => void;
  /** Most bytes kept of each of stdout and stderr; what is over is read and dropped. @default 1 MiB */
  readonly maxOutputBytes?: number;
}

/** The outcome of a run: same shape on success and failure, so that a caller may judge. */
export interface RunResult extends ExitStatus {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

/** What a descriptor of a child is: nothing, a pipe whose other end we hold, or a file we opened. */
export type ChildDescriptor = "null" | "pipe-to-child" | "pipe-from-child" | { readonly fd: number };

export interface SpawnOptions {
  /** Descriptors of the child by number; 0, 1 and 2 are "null" when absent. */
  readonly descriptors?: Readonly<Record<number, ChildDescriptor>>;
  /**
   * What the child leads: a process group of its own, or a session with one, for a program that outlives the daemon.
   *
   * A session that is left for ever is also a scheduling group of its own: on a busy machine whoever waits for the child
   * then waits for two turns of the processor where one would do.
   *
   * @see https://man7.org/linux/man-pages/man7/sched.7.html (the autogroup feature)
   */
  readonly leads?: "group" | "session";
}

/** A child that runs. */
export interface Child {
  readonly pid: number;
  /** Our ends of the "pipe-to-child" descriptors, by number. */
  readonly writers: Readonly<Record<number, Writable>>;
  /** Our ends of the "pipe-from-child" descriptors, by number. */
  readonly readers: Readonly<Record<number, Readable>>;
  /** Resolves when the process ended and was reaped; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Signals the process, or its whole group; a child that has ended is left alone. */
  kill(signal: number, target?: "process" | "group"): void;
}

/** A process that need not be a child of ours, held by a pidfd so that its number cannot be confused. */
export interface ProcessWatch {
  readonly pid: number;
  /** Resolves when the process has ended; without polling; never rejects. */
  readonly ended: Promise<void>;
  /** Sends a signal; false when the process has ended. */
  kill(signal: number): boolean;
  /** Stops watching; the process is left alone. */
  close(): void;
}

/** Both ends of a pipe, to be handed to children: each child has its own copy, so that ours are to be closed after the start. */
export interface OpenPipe {
  readonly readFd: number;
  readonly writeFd: number;
  /** Closes both; once is enough. */
  close(): void;
}

/** What tells a process from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started: field 22 of /proc/PID/stat. */
  readonly startTicks: bigint;
}

/** A process that waits in the kernel and does not hear signals: for a disk, or a dead file server. */
export interface StuckProcess {
  readonly pid: number;
  /** Its command, as the kernel shortens it. */
  readonly name: string;
  /** The kernel's functions that it is in, innermost first; empty when the kernel does not tell. */
  readonly waitsIn: readonly string[];
}

/** Threads by what they are at. */
export interface TaskStates {
  readonly running: number;
  readonly sleeping: number;
  /** Waiting in the kernel, deaf to signals. */
  readonly uninterruptible: number;
  readonly stopped: number;
}

/** What processes are at, and what they have open. */
export interface TaskSurvey {
  readonly states: TaskStates;
  readonly openFiles: number;
  /** Those of the open files that are sockets. */
  readonly sockets: number;
}

/** Outside programs and running processes. */
export interface Processes {
  /**
   * Runs a program to its end and collects its output. A non-zero exit is a result, not an error.
   *
   * @throws Fault `not-found` when the program does not exist, `denied` when it may not be executed
   */
  run(command: Command, options: RunOptions): Promise<RunResult>;
  /** Starts a program without blocking the event loop (posix_spawn, in the pool). Same faults as `run`. */
  spawn(command: Command, options?: SpawnOptions): Promise<Child>;
  /** Makes a pipe between two children. */
  openPipe(): OpenPipe;
  /**
   * Takes over a process that a program of ours started and left behind: it became our child. Its pipes are nobody's here.
   *
   * @throws Fault `not-found` when it is no child of ours; also on a host that does not adopt
   */
  adopt(pid: number): Child;
  /** Processes that programs of ours left behind in a directory of theirs, and that nobody has adopted. None on a host that does not adopt. */
  orphansIn(directory: string): readonly ProcessIdentity[];
  /**
   * All processes that are in a directory, whoever started them; looks at every process of the machine.
   *
   * @throws Fault `not-found` when there is no such directory
   */
  processesIn(directory: string): readonly ProcessIdentity[];
  /** Watches a process; undefined when it has ended, is a zombie, or is not the one `identity` names. */
  watch(identity: ProcessIdentity | { readonly pid: number }): ProcessWatch | undefined;
  /** Where a process is stuck in the kernel, at this moment; undefined when it is not. */
  describeStuck(pid: number): StuckProcess | undefined;
  /** Looks at all threads and open files of processes, a few at a time: it takes as long as there are many. Those that have ended count nothing. */
  survey(pids: readonly number[], options?: { readonly signal?: AbortSignal }): Promise<TaskSurvey>;
  /** The names of processes, as the kernel shortens them, a few at a time; those that have ended have none. */
  names(pids: readonly number[], options?: { readonly signal?: AbortSignal }): Promise<ReadonlyMap<number, string>>;
  /** How many files a process may have open; undefined when it has ended. */
  openFilesLimit(pid: number): bigint | undefined;
  /** Identity of a live process; undefined when it has ended or is a zombie. */
  identify(pid: number): ProcessIdentity | undefined;
  /**
   * Copies a program into memory, sealed against every change, and answers with the path to start it by.
   *
   * For programs that otherwise make such a copy of themselves at each start, as OCI runtimes do to be safe from their
   * containers. The copy lives as long as this process, because a start may be on its way at any time.
   */
  keepInMemory(program: string): Promise<string>;
  /**
   * Waits until each program that is being started now is there.
   *
   * Until then its process has what this one had open, and a file that was being written cannot be started (ETXTBSY). Whoever
   * has written a program waits for this once, and then it can.
   */
  untilExecuted(): Promise<void>;
  /** Absolute path of a program that is given by name; a path is given back as it is. @throws Fault `not-found` */
  locate(program: string): string;
}

/** Names of the namespaces that a sandbox can own and that can be pinned to files. */
export type PinnedNamespaceKind = "net" | "ipc" | "uts";

export interface PinNamespacesOptions {
  /** Files to bind the new namespaces to, by kind; made (empty) when missing. The kinds named here are the ones unshared. */
  readonly pins: Readonly<Partial<Record<PinnedNamespaceKind, string>>>;
  /** Makes a user namespace too, which then owns those of the other kinds. */
  readonly user?: { readonly path: string; readonly mappings: IdMappings };
  /** Hostname inside a new UTS namespace. */
  readonly hostname?: string;
  /** Sysctls written from inside the new namespaces: dotted names. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Brings `lo` up in a new network namespace (127.0.0.1/8 and ::1 come with it). */
  readonly loopbackUp?: boolean;
}

/** Namespaces kept alive by bind mounts, without a process in them. */
export interface Namespaces {
  /** Makes new namespaces and pins each; all or none. */
  pin(options: PinNamespacesOptions): Promise<void>;
  /** Unmounts a pin and removes its file. Missing is success. */
  unpin(path: string): Promise<void>;
  /** What has passed through each interface of a pinned network namespace. @throws Fault `not-found` */
  networkCounters(path: string): Promise<readonly InterfaceCounters[]>;
}

/** A device node's kind and numbers. */
export interface DeviceNumber {
  readonly type: "character" | "block";
  readonly major: number;
  readonly minor: number;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly inode: bigint;
  readonly device: bigint;
  readonly modifiedAtNanos: bigint;
  /** Present when the file is a device node. */
  readonly deviceNumber?: DeviceNumber;
}

/** Space of the file system that a path is on. */
export interface FilesystemUsage {
  readonly totalBytes: bigint;
  readonly availableBytes: bigint;
  readonly totalInodes: bigint;
  readonly availableInodes: bigint;
}

export interface TreeUsage {
  readonly usedBytes: bigint;
  readonly inodes: bigint;
}

export interface WriteAtomicOptions {
  /** @default 0o644 */
  readonly mode?: number;
  /** Whether the new content must survive a power cut: fsync of the file and of its directory. @default true */
  readonly isDurable?: boolean;
}

/** A file that was opened to be handed to a child. */
export interface OpenFile {
  readonly fd: number;
  close(): Promise<void>;
}

/** What a child may do with a file: read it; write behind its end, where it is made when missing; or read and write all of it. */
export type FileAccess = "read" | "append" | "update";

export interface WatchDirectoryOptions {
  /** Events that follow each other within this time are one change. */
  readonly settleMs: number;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** Files of the daemon's own: never used on a path that a user controls. */
export interface Files {
  /** @throws Fault `not-found`; `exhausted` when it is larger than `maxBytes` (default 16 MiB) */
  read(path: string, options?: { readonly maxBytes?: number }): Promise<Buffer>;
  readText(path: string, options?: { readonly maxBytes?: number }): Promise<string>;
  /**
   * Reads a small file that is in the kernel's memory, as it was written a moment ago or lies in the state directory,
   * within this turn of the event loop: 20 µs, where the five visits to the pool that `readText` takes are a millisecond on a busy machine. Same faults.
   */
  readRecent(path: string, options: { readonly maxBytes: number }): string;
  /** Reads a file of a still tree as if the tree were the root: no link leads out of it. Same faults as `read`. */
  readInside(root: string, path: string, options?: { readonly maxBytes?: number }): Promise<Buffer>;
  /** Absolute path, free of links below `root`, of what is at a path as if `root`, a still tree, were the root. @throws Fault `not-found` */
  resolveInside(root: string, path: string): Promise<string>;
  /** Writes through a temporary file, fsync, rename and fsync of the directory: old or new, never half. */
  writeAtomic(path: string, data: string | Uint8Array, options?: WriteAtomicOptions): Promise<void>;
  /** Writes a file in one go, without the promise of `writeAtomic`. `mode` (default 0o644) is that of a new file. */
  write(path: string, data: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  /**
   * Opens a file that comes to its place, readable by its owner only, when it is complete; until then what was there stays.
   *
   * @param temporary its name until then, in the same directory
   * @throws Fault `invalid` for a path that is not absolute, or where something other than a file is
   */
  createLarge(path: string, temporary: string): Promise<PieceSink>;
  /** Reads a file from its beginning to its end; each piece is the caller's. @throws Fault `not-found` */
  readPieces(path: string, pieceBytes: number): AsyncIterable<Uint8Array>;
  /** All that is below a directory, as {@link TreeEntry}: parents first, names in order, no link followed. */
  walkTree(path: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<TreeEntry>;
  /** Opens a file, or another process's pipe by its path in /proc, to hand it to a child. `mode` (default 0o644) is that of a new file. */
  openForChild(path: string, access: FileAccess, options?: { readonly mode?: number }): Promise<OpenFile>;
  /** Writes to a fifo in one go, without waiting. @throws Fault `wrong-state` when nobody has it open for reading */
  writeFifo(path: string, data: string | Uint8Array): Promise<void>;
  /** Makes a directory and its missing parents; `mode` (default 0o755) is that of the directory itself. An existing one is success. */
  makeDirectory(path: string, options?: { readonly mode?: number }): Promise<void>;
  /** Tells the file system that the trees in a directory have nothing to do with each other; a hint that some take. */
  scatterTrees(path: string): Promise<void>;
  /** Removes a file or a whole tree. Missing is success. Never follows a symlink, never crosses into a mount. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Names in a directory, sorted; empty when it is missing. */
  list(path: string): Promise<readonly string[]>;
  /** Does not follow a symlink. Undefined when missing. */
  stat(path: string): Promise<FileStat | undefined>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Flushes the file system that holds the path (syncfs). */
  syncFilesystem(path: string): Promise<void>;
  filesystemUsage(path: string): Promise<FilesystemUsage>;
  /** Disk use of a tree, without crossing into other file systems. */
  treeUsage(path: string, options?: { readonly signal?: AbortSignal }): Promise<TreeUsage>;
  /**
   * Calls back after anything in the directory changed, a burst at most once per `settleMs`. Close it to stop.
   *
   * The directory may be missing, and may be removed and made again: each is a change.
   */
  watchDirectory(path: string, options: WatchDirectoryOptions): { close(): void };
}

/** The daemon's own limits, to which a container's requests are clamped. */
export interface OwnLimits {
  /** Names as OCI spells them ("CAP_CHOWN"), of the bounding set. */
  readonly capabilities: ReadonlySet<string>;
  readonly oomScoreAdj: number;
  /** The most that can be given of each limit, by OCI name ("RLIMIT_NOFILE"); what is not named has no bound. */
  readonly hardLimits: ReadonlyMap<string, bigint>;
  readonly canRaiseLimits: boolean;
}

/** Facts about the machine. */
export interface Machine {
  readonly architecture: "amd64" | "arm64";
  readonly kernelRelease: string;
  readonly hostname: string;
  /** Changes at each boot. */
  readonly bootId: string;
  readonly own: OwnLimits;
}

/** Who connected to a unix socket, as the kernel recorded it at connect. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A lock that the kernel gives back when the process ends, however it ends. */
export interface FileLock {
  readonly path: string;
  /** Gives the lock back; the file stays. */
  release(): Promise<void>;
}

/** Every touch of the kernel and of outside programs. */
export interface Host {
  readonly processes: Processes;
  readonly namespaces: Namespaces;
  readonly mounts: Mounts;
  readonly cgroups: Cgroups;
  readonly files: Files;
  readonly sockets: Sockets;
  readonly machine: Machine;
  /**
   * Takes the exclusive lock of a file, which is made when missing and then holds our pid.
   *
   * @throws Fault `busy` when another process (or another owner in this one) holds it
   */
  lockFile(path: string): Promise<FileLock>;
  /** Who is at the other end of a connection on a unix socket. @throws Fault when the socket is closed or not a unix socket */
  peerCredentials(socket: Socket): PeerCredentials;
}
