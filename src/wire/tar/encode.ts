import type { TarEntry, TarEntryKind } from "./entry.ts";
import { blockBytes } from "./header.ts";

/** What a field of the header holds. */
const maxNameBytes = 100;
/** What seven octal digits hold; larger owners stand in a PAX record. */
const maxOctalId: number = 8 ** 7 - 1;
/** What eleven octal digits hold; larger sizes are written in GNU's base 256, which every reader knows. */
const maxOctalSize: number = 8 ** 11 - 1;
const nanosPerSecond = 1_000_000_000n;

const typeFlags: Readonly<Record<TarEntryKind, string>> = {
  file: "0",
  "hard-link": "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

/** What stands at an archive's end. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockBytes);

/** A read-only file of root's, with no date: the same files give the same archive. */
export function plainTarFile(path: string, sizeBytes: number): TarEntry {
  return {
    kind: "file",
    path,
    linkPath: "",
    mode: 0o444,
    uid: 0,
    gid: 0,
    sizeBytes,
    modifiedAtNanos: 0n,
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: new Map(),
  };
}

/**
 * Encodes all that stands before an entry's content, with a PAX header where the plain one does not hold it.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_92_13_03
 */
export function encodeTarEntry(entry: TarEntry): Buffer {
  const records = paxRecords(entry);
  if (records.length === 0) return encodeBlock(entry, typeFlags[entry.kind]);
  const body = Buffer.concat(records);
  return Buffer.concat([
    encodeBlock(plainTarFile("PaxHeaders/entry", body.length), "x"),
    body,
    tarPadding(body.length),
    encodeBlock(entry, typeFlags[entry.kind]),
  ]);
}

/** The zeros that follow a file of this size. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** What the header does not hold, or not exactly. */
function paxRecords({ path, linkPath, uid, gid, modifiedAtNanos, xattrs }: TarEntry): readonly Buffer[] {
  const records: Buffer[] = [];
  const add = (key: string, value: Uint8Array): void => void records.push(paxRecord(key, value));
  if (path.length > maxNameBytes) add("path", Buffer.from(path, "latin1"));
  if (linkPath.length > maxNameBytes) add("linkpath", Buffer.from(linkPath, "latin1"));
  if (uid > maxOctalId) add("uid", Buffer.from(String(uid)));
  if (gid > maxOctalId) add("gid", Buffer.from(String(gid)));
  if (headerSeconds(modifiedAtNanos) * nanosPerSecond !== modifiedAtNanos)
    add("mtime", Buffer.from(decimalSeconds(modifiedAtNanos)));
  for (const [name, value] of xattrs) add(`SCHILY.xattr.${name}`, value);
  return records;
}

/** "LENGTH KEY=VALUE\n", where LENGTH counts itself too. */
function paxRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, "latin1"), value, Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function decimalSeconds(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % nanosPerSecond).padStart(9, "0");
  return `${nanos < 0n ? "-" : ""}${size / nanosPerSecond}.${fraction}`;
}

/** The time as the header has it: whole seconds, from 1970 to 2242. */
function headerSeconds(nanos: bigint): bigint {
  const seconds = nanos / nanosPerSecond;
  return nanos < 0n || seconds > BigInt(maxOctalSize) ? 0n : seconds;
}

function encodeBlock(entry: TarEntry, typeFlag: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(entry.path.slice(0, maxNameBytes), 0, "latin1");
  writeOctal(header, 100, 8, entry.mode);
  writeOctal(header, 108, 8, entry.uid > maxOctalId ? 0 : entry.uid);
  writeOctal(header, 116, 8, entry.gid > maxOctalId ? 0 : entry.gid);
  writeSize(header, entry.sizeBytes);
  writeOctal(header, 136, 12, Number(headerSeconds(entry.modifiedAtNanos)));
  header.fill(" ", 148, 156);
  header.write(typeFlag, 156);
  header.write(entry.linkPath.slice(0, maxNameBytes), 157, "latin1");
  header.write("ustar\u000000", 257);
  if (entry.kind === "character-device" || entry.kind === "block-device") {
    writeOctal(header, 329, 8, entry.deviceMajor);
    writeOctal(header, 337, 8, entry.deviceMinor);
  }
  writeOctal(
    header,
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  return header;
}

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes <= maxOctalSize) return writeOctal(header, 124, 12, sizeBytes);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(sizeBytes), 128);
}

function writeOctal(header: Buffer, offset: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
}
