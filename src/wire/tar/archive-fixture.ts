import type { TarEntry } from "./entry.ts";
import { blockBytes } from "./header.ts";
import { TarReader } from "./reader.ts";

/** A header to make, and what follows it. */
export interface Made {
  readonly path?: string;
  readonly type?: string;
  readonly link?: string;
  readonly body?: Uint8Array | string;
  /** Raw bytes of header fields, by offset. */
  readonly raw?: Readonly<Record<number, Buffer>>;
  readonly size?: number;
}

/** What a reader told of an entry: holes are read as zeros. */
export type Seen = TarEntry & { readonly body: string };

/** A header block. */
export function block(made: Made): Buffer {
  const { path = "a", type = "0", link = "", body = "", raw = {} } = made;
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, 100, "latin1");
  header.write("0000644\0", 100);
  header.write("0001750\0", 108);
  header.write("0000144\0", 116);
  header.write(`${(made.size ?? Buffer.from(body).length).toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000012\0", 136);
  header.write(type, 156);
  header.write(link, 157, 100, "latin1");
  header.write("ustar\u000000", 257);
  header.write("0000005\0", 329);
  header.write("0000006\0", 337);
  for (const [offset, bytes] of Object.entries(raw)) bytes.copy(header, Number(offset));
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A header with its content. */
export function entry(made: Made): Buffer {
  const body = Buffer.from(made.body ?? "");
  return Buffer.concat([block(made), body, Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes)]);
}

/** A PAX header. */
export function pax(records: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): Buffer {
  const pairs = Array.isArray(records) ? (records as readonly (readonly [string, string])[]) : Object.entries(records);
  const lines = pairs.map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = Buffer.byteLength(rest);
    const digits = String(length + String(length).length).length;
    return `${length + digits}${rest}`;
  });
  return entry({ path: "pax", type: "x", body: lines.join("") });
}

/** Parts and the zeros at the end. */
export function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

/** Reads an archive, cut into pieces, and checks that calls come in order. */
export function read(bytes: Buffer, cuts: readonly number[] = []): readonly Seen[] {
  const seen: { entry: TarEntry; body: Buffer[] }[] = [];
  let isOpen = false;
  const reader = new TarReader({
    entry(found) {
      if (isOpen) throw new Error("an entry begins before the last one has ended");
      isOpen = true;
      seen.push({ entry: found, body: [] });
    },
    content: (piece) => seen.at(-1)?.body.push(Buffer.from(piece)),
    hole: (sizeBytes) => seen.at(-1)?.body.push(Buffer.alloc(sizeBytes)),
    entryEnd: () => {
      isOpen = false;
    },
  });
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    reader.push(bytes.subarray(start, end));
    start = end;
  }
  reader.finish();
  if (isOpen) throw new Error("the last entry has not ended");
  return seen.map(({ entry: found, body }) => ({ ...found, body: Buffer.concat(body).toString("latin1") }));
}
