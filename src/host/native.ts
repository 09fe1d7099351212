/**
 * SAFETY: calls the C library through koffi, which only this file, `libc.ts`
 * and `tree/calls.ts` load. A wrong signature is undefined behaviour, so each one is
 * written exactly as the manual page has it, variadic functions with the one
 * form that is called (the calling conventions of Linux on x86-64 and arm64 pass
 * those arguments alike).
 */
import { endianness } from "node:os";
import koffi from "koffi";
import { Libc } from "./libc.ts";

/** Structures that only the C library looks into; these are larger than any architecture's. */
export const opaqueBytes = 512;

/** The part of the C library that Node has no word for. Each throws a {@link SystemError} when the call fails. */
export interface Native {
  readonly pidfdOpen: (pid: number) => number;
  readonly pidfdSendSignal: (pidfd: number, signal: number) => void;
  /** The raw status of an ended child; undefined while it runs and the options say not to wait. */
  readonly waitpid: (pid: number, options: number) => number | undefined;
  /** Read end and write end of a pipe, both closed in children. */
  readonly pipe: () => readonly [number, number];
  /** The same open file under a number of at least `least`, closed in children. */
  readonly duplicate: (fd: number, least: number) => number;
  /** Marks a descriptor so that no child gets it unasked. */
  readonly closeInChildren: (fd: number) => void;
  readonly posixSpawn: PosixSpawn;
  readonly spawnActions: SpawnActions;
  readonly spawnAttributes: SpawnAttributes;
  readonly mount: (call: MountCall) => Promise<void>;
  readonly umount: (target: string, flags: number) => Promise<void>;
  /** A copy of the mount at a path, mounted nowhere yet; closing the descriptor before `moveMount` ends it. */
  readonly cloneTree: (path: string, scope: "mount" | "tree") => Promise<number>;
  /** Changes the mount that a descriptor stands for, or with "tree" those below it too. */
  readonly setMountAttributes: (fd: number, scope: "mount" | "tree", attributes: MountAttributes) => Promise<void>;
  readonly moveMount: (fd: number, target: string) => Promise<void>;
  /** The calls that {@link pinNamespaces} makes within one turn of the event loop. */
  readonly bindNow: (source: string, target: string) => void;
  readonly umountNow: (target: string, flags: number) => void;
  readonly unshare: (flags: number) => void;
  readonly setns: (fd: number, kind: number) => void;
  readonly sethostname: (name: string) => void;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly ioctl: (fd: number, request: number, argument: Buffer) => void;
  readonly getsockopt: (fd: number, option: { readonly level: number; readonly name: number }, value: Buffer) => void;
  /** Fails with EWOULDBLOCK at once when somebody holds the lock. */
  readonly flockNow: (fd: number) => void;
  /** Connects to the address, a struct sockaddr; a descriptor that does not block fails with EAGAIN where it would have to. */
  readonly connect: (fd: number, address: Buffer) => void;
  /** Sends to whom the socket is connected to, without a SIGPIPE. */
  readonly send: (fd: number, data: Buffer) => void;
  readonly bind: (fd: number, address: Buffer) => void;
  readonly listen: (fd: number, backlog: number) => void;
  /** A connection that somebody made to a listening socket, closed in children. */
  readonly accept: (fd: number) => number;
  /** Receives one message with its control part; answers with the number of bytes of the message itself. */
  readonly receiveMessage: (fd: number, data: Buffer, control: Buffer) => number;
  /** Makes this process the parent of what its descendants leave behind. */
  readonly becomeSubreaper: () => void;
  /** Whether a child has ended and waits to be reaped; it stays so. Fails with ECHILD when it is no child of ours. */
  readonly hasEnded: (pid: number) => boolean;
  /** Whether any child has ended and waits to be reaped. */
  readonly hasEndedChild: () => boolean;
  readonly syncfs: (fd: number) => Promise<void>;
  /** An empty file that is in memory only, closed in children. */
  readonly memoryFile: (name: string) => number;
  /** Makes a file in memory unchangeable for ever. */
  readonly seal: (fd: number) => void;
}

/** What mount_setattr(2) changes: 0 is nothing. */
export interface MountAttributes {
  /** MOUNT_ATTR_*. */
  readonly set: number;
  /** One of MS_PRIVATE and its kind. */
  readonly propagation: number;
  /** Descriptor of the user namespace of an idmap. */
  readonly userNamespace: number;
}

/** The arguments of mount(2); empty texts stand for its null pointers. */
export interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

/**
 * Answers with the pid; an error is thrown under the name of the program.
 *
 * In the pool, because the caller sleeps until the child has got a processor and
 * executed its program: nothing on an idle machine, tens of milliseconds on a
 * busy one.
 */
export type PosixSpawn = (
  program: string,
  set: { readonly actions: Buffer; readonly attributes: Buffer },
  argv: readonly string[],
  environment: readonly string[],
) => Promise<number>;

export interface SpawnActions {
  readonly init: (actions: Buffer) => void;
  readonly destroy: (actions: Buffer) => void;
  readonly duplicate: (actions: Buffer, from: number, to: number) => void;
  readonly open: (actions: Buffer, fd: number, path: string) => void;
  readonly changeDirectory: (actions: Buffer, path: string) => void;
}

export interface SpawnAttributes {
  readonly init: (attributes: Buffer) => void;
  readonly setFlags: (attributes: Buffer, flags: number) => void;
  readonly setDefaultSignals: (attributes: Buffer, signals: Buffer) => void;
  readonly setSignalMask: (attributes: Buffer, signals: Buffer) => void;
}

const oReadWrite = 2;
const oCloseOnExec = 0o2000000;
const fDuplicateCloseOnExec = 1030;
const fSetDescriptorFlags = 2;
const descriptorCloseOnExec = 1;
const fAddSeals = 1033;
/** F_SEAL_SEAL, SHRINK, GROW and WRITE: no more and no fewer, runtimes compare. */
const everySeal = 1 | 2 | 4 | 8;
const memoryCloseOnExec = 1;
const memoryMaySeal = 2;
const msBind = 4096;
const lockExclusiveNow = 2 | 4;
const openTreeNumber = 428;
const moveMountNumber = 429;
const mountSetattrNumber = 442;
const currentDirectory = -100;
const emptyPath = 0x1000;
const wholeTree = 0x8000;
const cloneMount = 1;
const moveFromEmptyPath = 4;
/** struct mount_attr: what to set, what to clear, propagation, user namespace; 64 bits each. */
const mountAttributeBytes = 32;
const propagationOffset = 16;
const userNamespaceOffset = 24;
const pidfdSendSignalNumber = 424;
const pidfdOpenNumber = 434;

const setChildSubreaper = 36;
const idIsAny = 0;
const idIsPid = 1;
/** WNOHANG, WEXITED and WNOWAIT. */
const peekAtEnded = 1 | 4 | 0x0100_0000;
/** Where siginfo_t has the pid on 64-bit machines. */
const siginfoPidOffset = 16;
const siginfoBytes = 128;
const messageCloseOnExec = 0x4000_0000;
const messageNoSignal = 0x4000;

/** Opens the C library that Node itself runs on. Cheap, but meant to be done once a host. */
export function loadNative(): Native {
  const libc = new Libc();
  return {
    ...processCalls(libc),
    ...orphanCalls(libc),
    ...mountCalls(libc),
    ...mountTreeCalls(libc),
    ...namespaceCalls(libc),
    ...descriptorCalls(libc),
    ...socketCalls(libc),
  };
}

type ProcessCalls = "pidfdOpen" | "pidfdSendSignal" | "waitpid" | "posixSpawn" | "spawnActions" | "spawnAttributes";

function processCalls(libc: Libc): Pick<Native, ProcessCalls> {
  const syscall = libc.call<[number, number, number, number, number]>(
    "long syscall(long number, long a, long b, long c, long d)",
  );
  const waitpid = libc.call<[number, Int32Array, number]>("int waitpid(int pid, int *status, int options)");
  return {
    pidfdOpen: (pid) => syscall(pidfdOpenNumber, pid, 0, 0, 0),
    pidfdSendSignal: (pidfd, signal) => void syscall(pidfdSendSignalNumber, pidfd, signal, 0, 0),
    waitpid: (pid, options) => {
      const status = new Int32Array(1);
      return waitpid(pid, status, options) === 0 ? undefined : status[0];
    },
    posixSpawn: posixSpawn(libc),
    spawnActions: spawnActions(libc),
    spawnAttributes: spawnAttributes(libc),
  };
}

function posixSpawn(libc: Libc): PosixSpawn {
  type Arguments = [Int32Array, string, Buffer, Buffer, (string | null)[], (string | null)[]];
  const spawn = libc.numberedInPool<Arguments>(
    "int posix_spawn(int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)",
  );
  return async (program, set, argv, environment) => {
    const pid = new Int32Array(1);
    await spawn(pid, program, set.actions, set.attributes, [...argv, null], [...environment, null]);
    return pid[0] ?? 0;
  };
}

function spawnActions(libc: Libc): SpawnActions {
  const init = libc.numbered<[Buffer]>("int posix_spawn_file_actions_init(void *actions)");
  const destroy = libc.numbered<[Buffer]>("int posix_spawn_file_actions_destroy(void *actions)");
  const duplicate = libc.numbered<[Buffer, number, number]>(
    "int posix_spawn_file_actions_adddup2(void *actions, int from, int to)",
  );
  const open = libc.numbered<[Buffer, number, string, number, number]>(
    "int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, uint mode)",
  );
  const changeDirectory = libc.numbered<[Buffer, string]>(
    "int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)",
  );
  return {
    init,
    destroy,
    duplicate,
    open: (actions, fd, path) => open(actions, fd, path, oReadWrite, 0),
    changeDirectory,
  };
}

function spawnAttributes(libc: Libc): SpawnAttributes {
  return {
    init: libc.numbered<[Buffer]>("int posix_spawnattr_init(void *attributes)"),
    setFlags: libc.numbered<[Buffer, number]>("int posix_spawnattr_setflags(void *attributes, short flags)"),
    setDefaultSignals: libc.numbered<[Buffer, Buffer]>(
      "int posix_spawnattr_setsigdefault(void *attributes, void *signals)",
    ),
    setSignalMask: libc.numbered<[Buffer, Buffer]>("int posix_spawnattr_setsigmask(void *attributes, void *signals)"),
  };
}

function mountCalls(libc: Libc): Pick<Native, "mount" | "umount" | "bindNow" | "umountNow"> {
  const mountText =
    "int mount(const char *source, const char *target, const char *type, ulong flags, const char *data)";
  type MountArguments = [string, string, string | null, number, string | null];
  const mount = libc.call<MountArguments>(mountText);
  const mountInPool = libc.callInPool<MountArguments>(mountText);
  const umountText = "int umount2(const char *target, int flags)";
  const umount = libc.call<[string, number]>(umountText);
  const umountInPool = libc.callInPool<[string, number]>(umountText);
  return {
    mount: async ({ source, target, type, flags, data }) =>
      void (await mountInPool(source, target, type === "" ? null : type, flags, data === "" ? null : data)),
    umount: async (target, flags) => void (await umountInPool(target, flags)),
    bindNow: (source, target) => void mount(source, target, null, msBind, null),
    umountNow: (target, flags) => void umount(target, flags),
  };
}

type MountTreeCalls = "cloneTree" | "setMountAttributes" | "moveMount";

/** By number, because the C library has names for them only since 2.36. */
function mountTreeCalls(libc: Libc): Pick<Native, MountTreeCalls> {
  const openTree = libc.callInPool<[number, number, string, number]>(
    "long syscall(long number, int directory, const char *path, uint flags)",
  );
  const setAttributes = libc.callInPool<[number, number, string, number, Buffer, number]>(
    "long syscall(long number, int fd, const char *path, uint flags, void *attributes, size_t length)",
  );
  const move = libc.callInPool<[number, number, string, number, string, number]>(
    "long syscall(long number, int from, const char *fromPath, int to, const char *toPath, uint flags)",
  );
  return {
    cloneTree: (path, scope) =>
      openTree(openTreeNumber, currentDirectory, path, cloneMount | oCloseOnExec | (scope === "tree" ? wholeTree : 0)),
    setMountAttributes: async (fd, scope, { set, propagation, userNamespace }) => {
      const attributes = Buffer.alloc(mountAttributeBytes);
      const write = (value: number, offset: number): void =>
        void attributes[`writeBigUInt64${endianness()}`](BigInt(value), offset);
      write(set, 0);
      write(propagation, propagationOffset);
      write(userNamespace, userNamespaceOffset);
      const flags = emptyPath | (scope === "tree" ? wholeTree : 0);
      await setAttributes(mountSetattrNumber, fd, "", flags, attributes, mountAttributeBytes);
    },
    moveMount: async (fd, target) =>
      void (await move(moveMountNumber, fd, "", currentDirectory, target, moveFromEmptyPath)),
  };
}

function namespaceCalls(libc: Libc): Pick<Native, "unshare" | "setns" | "sethostname" | "socket" | "ioctl"> {
  const unshare = libc.call<[number]>("int unshare(int flags)");
  const setns = libc.call<[number, number]>("int setns(int fd, int kind)");
  const sethostname = libc.call<[Buffer, number]>("int sethostname(void *name, size_t length)");
  const ioctl = libc.call<[number, number, Buffer]>("int ioctl(int fd, ulong request, void *argument)");
  const socket = libc.call<[number, number, number]>("int socket(int domain, int type, int protocol)");
  return {
    unshare: (flags) => void unshare(flags),
    setns: (fd, kind) => void setns(fd, kind),
    sethostname: (name) => {
      const bytes = Buffer.from(name);
      sethostname(bytes, bytes.length);
    },
    socket,
    ioctl: (fd, request, argument) => void ioctl(fd, request, argument),
  };
}

type DescriptorCalls =
  | "pipe"
  | "duplicate"
  | "closeInChildren"
  | "getsockopt"
  | "flockNow"
  | "syncfs"
  | "memoryFile"
  | "seal";

function descriptorCalls(libc: Libc): Pick<Native, DescriptorCalls> {
  const pipe2 = libc.call<[Int32Array, number]>("int pipe2(int *fds, int flags)");
  const fcntl = libc.call<[number, number, number]>("int fcntl(int fd, int command, long argument)");
  const getsockopt = libc.call<[number, number, number, Buffer, Uint32Array]>(
    "int getsockopt(int fd, int level, int option, void *value, uint *length)",
  );
  const flock = libc.call<[number, number]>("int flock(int fd, int operation)");
  const memfdCreate = libc.call<[string, number]>("int memfd_create(const char *name, uint flags)");
  const syncfs = libc.callInPool<[number]>("int syncfs(int fd)");
  return {
    pipe: () => {
      const fds = new Int32Array(2);
      pipe2(fds, oCloseOnExec);
      return [fds[0] ?? -1, fds[1] ?? -1];
    },
    duplicate: (fd, least) => fcntl(fd, fDuplicateCloseOnExec, least),
    closeInChildren: (fd) => void fcntl(fd, fSetDescriptorFlags, descriptorCloseOnExec),
    getsockopt: (fd, option, value) =>
      void getsockopt(fd, option.level, option.name, value, Uint32Array.of(value.length)),
    flockNow: (fd) => void flock(fd, lockExclusiveNow),
    syncfs: async (fd) => void (await syncfs(fd)),
    memoryFile: (name) => memfdCreate(name, memoryCloseOnExec | memoryMaySeal),
    seal: (fd) => void fcntl(fd, fAddSeals, everySeal),
  };
}

function orphanCalls(libc: Libc): Pick<Native, "becomeSubreaper" | "hasEnded" | "hasEndedChild"> {
  const prctl = libc.call<[number, number, number, number, number]>(
    "int prctl(int option, ulong a, ulong b, ulong c, ulong d)",
  );
  const waitid = libc.call<[number, number, Buffer, number]>("int waitid(int kind, uint id, void *info, int options)");
  const info = Buffer.alloc(siginfoBytes);
  /** The child that has ended; 0 when none has. */
  const peek = (kind: number, id: number): number => {
    waitid(kind, id, info.fill(0), peekAtEnded);
    return info[`readInt32${endianness()}`](siginfoPidOffset);
  };
  return {
    becomeSubreaper: () => void prctl(setChildSubreaper, 1, 0, 0, 0),
    hasEnded: (pid) => peek(idIsPid, pid) === pid,
    hasEndedChild: () => peek(idIsAny, 0) !== 0,
  };
}

type SocketCalls = "connect" | "send" | "bind" | "listen" | "accept" | "receiveMessage";

function socketCalls(libc: Libc): Pick<Native, SocketCalls> {
  const connect = libc.call<[number, Buffer, number]>("int connect(int fd, const void *address, uint length)");
  const send = libc.call<[number, Buffer, number, number]>(
    "long send(int fd, const void *data, size_t length, int flags)",
  );
  const bind = libc.call<[number, Buffer, number]>("int bind(int fd, const void *address, uint length)");
  const listen = libc.call<[number, number]>("int listen(int fd, int backlog)");
  const accept = libc.call<[number, null, null, number]>("int accept4(int fd, void *address, void *length, int flags)");
  return {
    connect: (fd, address) => void connect(fd, address, address.length),
    send: (fd, data) => void send(fd, data, data.length, messageNoSignal),
    bind: (fd, address) => void bind(fd, address, address.length),
    listen: (fd, backlog) => void listen(fd, backlog),
    accept: (fd) => accept(fd, null, null, oCloseOnExec),
    receiveMessage: receiveMessage(libc),
  };
}

function receiveMessage(libc: Libc): Native["receiveMessage"] {
  const vector = koffi.struct({ base: "void *", length: "size_t" });
  const header = koffi.struct({
    name: "void *",
    nameLength: "uint",
    vectors: koffi.pointer(vector),
    vectorCount: "size_t",
    control: "void *",
    controlLength: "size_t",
    flags: "int",
  });
  const recvmsg = libc.declare<[number, object, number]>("recvmsg", "long", ["int", koffi.pointer(header), "int"]);
  return (fd, data, control) => {
    const message = {
      name: null,
      nameLength: 0,
      vectors: [{ base: data, length: data.length }],
      vectorCount: 1,
      control,
      controlLength: control.length,
      flags: 0,
    };
    return recvmsg(fd, message, messageCloseOnExec);
  };
}
