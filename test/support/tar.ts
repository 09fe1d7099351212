/** One entry of a layer. Times are 0 and owners root unless said: the same entries give the same bytes. */
export interface TarEntry {
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "hardlink" | "character-device" | "fifo";
  readonly body?: Uint8Array | string;
  /** Where a link leads. */
  readonly target?: string;
  /** @default 0o755 */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const blockBytes = 512;
const typeFlags = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  "character-device": "3",
  directory: "5",
  fifo: "6",
} as const;

/** Encodes entries as a ustar archive. Names have at most 100 bytes. */
export function encodeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const body = Buffer.from(entry.body ?? "");
    return [
      encodeHeader(entry, body.length),
      body,
      Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes),
    ];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function encodeHeader(entry: TarEntry, sizeBytes: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  writeText(header, 0, 100, entry.kind === "directory" ? `${entry.path}/` : entry.path);
  writeOctal(header, 100, 8, entry.mode ?? 0o755);
  writeOctal(header, 108, 8, entry.uid ?? 0);
  writeOctal(header, 116, 8, entry.gid ?? 0);
  writeOctal(header, 124, 12, sizeBytes);
  writeOctal(header, 136, 12, 0);
  header.fill(" ", 148, 156);
  header.write(typeFlags[entry.kind], 156);
  writeText(header, 157, 100, entry.target ?? "");
  header.write("ustar\u000000", 257);
  writeOctal(
    header,
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  return header;
}

function writeText(header: Buffer, offset: number, length: number, text: string): void {
  if (Buffer.byteLength(text) > length) throw new Error(`encode tar: name of more than ${length} bytes: ${text}`);
  header.write(text, offset);
}

function writeOctal(header: Buffer, offset: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
}
