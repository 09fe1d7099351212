import { endianness } from "node:os";
import { closeOnExec, type Libc } from "./libc.ts";

/** Mounts, by path and by descriptor. */
export interface MountCalls {
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
}

/** What mount_setattr(2) changes: 0 is nothing. */
interface MountAttributes {
  /** MOUNT_ATTR_*. */
  readonly set: number;
  /** One of MS_PRIVATE and its kind. */
  readonly propagation: number;
  /** Descriptor of the user namespace of an idmap. */
  readonly userNamespace: number;
}

/** The arguments of mount(2); empty texts stand for its null pointers. */
interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

const msBind = 4096;
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

export function mountCalls(libc: Libc): MountCalls {
  return { ...pathCalls(libc), ...treeCalls(libc) };
}

type PathCalls = Pick<MountCalls, "mount" | "umount" | "bindNow" | "umountNow">;

function pathCalls(libc: Libc): PathCalls {
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

/** By number, because the C library has names for them only since 2.36. */
function treeCalls(libc: Libc): Omit<MountCalls, keyof PathCalls> {
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
      openTree(openTreeNumber, currentDirectory, path, cloneMount | closeOnExec | (scope === "tree" ? wholeTree : 0)),
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
