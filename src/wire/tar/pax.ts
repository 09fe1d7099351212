import { badArchive } from "./faults.ts";
import { applyPaxSparse, type PaxSparse } from "./pax-sparse.ts";

/** What a PAX header changes of the entry after it; absent members change nothing. */
export interface PaxExtensions {
  path?: string;
  linkPath?: string;
  sizeBytes?: number;
  uid?: number;
  gid?: number;
  modifiedAtNanos?: bigint;
  sparse?: PaxSparse;
  readonly xattrs: Map<string, Uint8Array>;
}

const xattrPrefix = "SCHILY.xattr.";
const sparsePrefix = "GNU.sparse.";
const space = 0x20;
const equals = 0x3d;
const newline = 0x0a;

/**
 * Decodes a PAX header: records "LENGTH KEY=VALUE\n", where LENGTH counts the whole record.
 *
 * @throws Fault `invalid` for a broken record, `unsupported` for an unknown kind of sparse file
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_92_13_03
 */
export function decodePax(bytes: Buffer): PaxExtensions {
  const extensions: PaxExtensions = { xattrs: new Map() };
  for (let start = 0; start < bytes.length; ) {
    const end = start + recordLength(bytes, start);
    const key = bytes.indexOf(space, start) + 1;
    const value = bytes.indexOf(equals, key) + 1;
    if (end > bytes.length || bytes[end - 1] !== newline || value === 0 || value > end - 1) {
      throw badArchive("a PAX record is broken");
    }
    apply(extensions, bytes.toString("latin1", key, value - 1), bytes.subarray(value, end - 1));
    start = end;
  }
  return extensions;
}

function recordLength(bytes: Buffer, start: number): number {
  const digits = bytes.toString("latin1", start, bytes.indexOf(space, start));
  const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
  if (length <= digits.length + 2) throw badArchive("a PAX record has no length");
  return length;
}

function apply(extensions: PaxExtensions, key: string, value: Buffer): void {
  const text = value.toString("latin1");
  if (key.startsWith(xattrPrefix)) {
    extensions.xattrs.set(key.slice(xattrPrefix.length), Buffer.from(value));
    return;
  }
  if (key.startsWith(sparsePrefix)) {
    extensions.sparse ??= { version: "0.x", numbers: [] };
    applyPaxSparse(extensions.sparse, key.slice(sparsePrefix.length), name(text, key));
    return;
  }
  // An empty value takes an earlier one back; there is none to take back here.
  if (value.length === 0) return;
  switch (key) {
    case "path":
      extensions.path = name(text, key);
      break;
    case "linkpath":
      extensions.linkPath = name(text, key);
      break;
    case "size":
      extensions.sizeBytes = count(text, key);
      break;
    case "uid":
      extensions.uid = count(text, key);
      break;
    case "gid":
      extensions.gid = count(text, key);
      break;
    case "mtime":
      extensions.modifiedAtNanos = nanos(text);
      break;
    default: // comments, access times, checksums: nothing that an unpacked file shows
  }
}

function name(text: string, key: string): string {
  if (text.includes("\0")) throw badArchive(`a PAX ${key} holds a NUL byte`);
  return text;
}

function count(text: string, key: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw badArchive(`a PAX ${key} is no number`);
  return value;
}

/** Decimal seconds; digits below a nanosecond are cut. */
function nanos(text: string): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw badArchive("a PAX mtime is no number");
  const [, sign, seconds = "0", fraction = ""] = match;
  const value = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return sign === "-" ? -value : value;
}
