/**
 * SAFETY: signatures of the C library, written exactly as the manual pages have
 * them. Apart from `native/` because these run in an unpacking thread, which
 * needs nothing else of it.
 */
import koffi from "koffi";
import { SystemError } from "../errno.ts";

/** A path as Node takes it: text, or bytes when it is not UTF-8. */
export type NativePath = string | Buffer;

/** Calls on single files that Node has no word for; none follows a symlink. Each throws a {@link SystemError}. */
export interface TreeCalls {
  /** Sets an attribute of an open file. */
  readonly setXattr: (fd: number, name: string, value: Uint8Array) => void;
  /** Sets an attribute of what is at the path itself. */
  readonly setXattrAt: (path: NativePath, name: string, value: Uint8Array) => void;
  /** Undefined when there is no such attribute. */
  readonly getXattrAt: (path: NativePath, name: string) => Buffer | undefined;
  /** Names of all attributes; none on a file system without. */
  readonly listXattrsAt: (path: NativePath) => readonly string[];
  /** Makes a device or a fifo: `mode` holds its type. */
  readonly makeNode: (
    path: NativePath,
    mode: number,
    device: { readonly major: number; readonly minor: number },
  ) => void;
  /** Sets the modification time to the nanosecond, and the access time with it. */
  readonly setTime: (fd: number, nanos: bigint) => void;
  readonly setTimeAt: (path: NativePath, nanos: bigint) => void;
}

const atWorkingDirectory = -100;
const atSymlinkNoFollow = 0x100;
const maxXattrBytes = 65_536;
const nanosPerSecond = 1_000_000_000n;

/** Opens the C library for an unpacking thread. */
export function loadTreeCalls(): TreeCalls {
  return { ...attributeCalls(), ...timeCalls(), makeNode: makeNodeCall() };
}

function attributeCalls(): Pick<TreeCalls, "setXattr" | "setXattrAt" | "getXattrAt" | "listXattrsAt"> {
  const fsetxattr = declare<[number, string, Uint8Array, number, number]>(
    "int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)",
  );
  const lsetxattr = declare<[Buffer, string, Uint8Array, number, number]>(
    "int lsetxattr(const void *path, const char *name, const void *value, size_t size, int flags)",
  );
  const lgetxattr = declare<[Buffer, string, Buffer, number]>(
    "long lgetxattr(const void *path, const char *name, void *value, size_t size)",
  );
  const llistxattr = declare<[Buffer, Buffer, number]>("long llistxattr(const void *path, void *list, size_t size)");
  return {
    setXattr: (fd, name, value) => void fsetxattr(fd, name, value, value.length, 0),
    setXattrAt: (path, name, value) => void lsetxattr(terminated(path), name, value, value.length, 0),
    getXattrAt: (path, name) => {
      const value = Buffer.alloc(maxXattrBytes);
      try {
        return value.subarray(0, lgetxattr(terminated(path), name, value, value.length));
      } catch (error) {
        if (error instanceof SystemError && (error.code === "ENODATA" || error.code === "ENOTSUP")) return undefined;
        throw error;
      }
    },
    listXattrsAt: (path) => {
      try {
        const names = Buffer.alloc(maxXattrBytes);
        const length = llistxattr(terminated(path), names, names.length);
        return names.toString("latin1", 0, length).split("\0").filter(Boolean);
      } catch (error) {
        if (error instanceof SystemError && error.code === "ENOTSUP") return [];
        throw error;
      }
    },
  };
}

function timeCalls(): Pick<TreeCalls, "setTime" | "setTimeAt"> {
  const futimens = declare<[number, BigInt64Array]>("int futimens(int fd, const void *times)");
  const utimensat = declare<[number, Buffer, BigInt64Array, number]>(
    "int utimensat(int directory, const void *path, const void *times, int flags)",
  );
  return {
    setTime: (fd, nanos) => void futimens(fd, timespecs(nanos)),
    setTimeAt: (path, nanos) =>
      void utimensat(atWorkingDirectory, terminated(path), timespecs(nanos), atSymlinkNoFollow),
  };
}

function makeNodeCall(): TreeCalls["makeNode"] {
  const mknod = declare<[Buffer, number, bigint]>("int mknod(const void *path, uint mode, ulong device)");
  return (path, mode, { major, minor }) => void mknod(terminated(path), mode, deviceNumber(major, minor));
}

/** The C library's encoding of a device's two numbers. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
}

/** Access and modification time as two timespecs; nanoseconds count up, before 1970 too. */
function timespecs(nanos: bigint): BigInt64Array {
  const fraction = ((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond;
  const seconds = (nanos - fraction) / nanosPerSecond;
  return BigInt64Array.of(seconds, fraction, seconds, fraction);
}

function terminated(path: NativePath): Buffer {
  return typeof path === "string" ? Buffer.from(`${path}\0`) : Buffer.concat([path, Buffer.of(0)]);
}

/** A function that answers -1 and sets errno when it fails. */
function declare<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => number {
  const native = koffi.load(null).func(prototype) as unknown as (...given: Arguments) => number;
  const name = /(\w+)\(/.exec(prototype)?.[1] ?? prototype;
  return (...given) => {
    const result = Number(native(...given));
    if (result === -1) throw new SystemError(name, koffi.errno());
    return result;
  };
}
