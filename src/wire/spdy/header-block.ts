import { constants, inflateRawSync } from "node:zlib";
import { messageOf } from "#foundation";
import { dictionary, dictionaryId } from "./dictionary.ts";
import { badSpdy } from "./faults.ts";

/** Headers of a stream by lower-case name; a name may have several values. */
export type SpdyHeaders = ReadonlyMap<string, readonly string[]>;

export interface HeaderLimits {
  /** Most bytes of one inflated block. */
  readonly bytes: number;
  /** Most names in one block. */
  readonly names: number;
}

/** How far back deflate may refer. */
const windowBytes = 32 * 1024;
/** zlib's first byte: deflate with a 32 KiB window. */
const zlibMethod = 0x78;
/** The flag in zlib's second byte that says that the id of a dictionary follows. */
const hasDictionary = 0x20;
const zlibHeaderBytes = 6;
/** An empty stored block: what a sync flush ends with. Readers hand out a block's bytes when they see it. */
const syncMarker: Buffer = Buffer.from([0, 0, 0, 0xff, 0xff]);
const separator = "\0";

/**
 * Reads the header blocks of one direction of a session.
 *
 * All blocks are one zlib stream, flushed to a byte boundary after each. So
 * each is whole deflate blocks that refer to what came before, and is inflated
 * alone with the last 32 KiB as its dictionary: nothing native is held between
 * blocks, and a block that would inflate without end stops at the limit.
 */
export class HeaderBlockReader {
  readonly #limits: HeaderLimits;
  #window: Buffer = dictionary;
  #hasBegun = false;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /** @throws Fault `invalid` for what is no header block, or goes beyond a limit */
  read(compressed: Buffer): SpdyHeaders {
    const plain = this.#inflate(this.#hasBegun ? compressed : withoutZlibHeader(compressed));
    this.#hasBegun = true;
    this.#window = lastOf(this.#window, plain);
    return decodeHeaders(plain, this.#limits);
  }

  #inflate(deflated: Buffer): Buffer {
    try {
      return inflateRawSync(deflated, {
        dictionary: this.#window,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: this.#limits.bytes,
      });
    } catch (error) {
      throw badSpdy(`a header block cannot be inflated to at most ${this.#limits.bytes} bytes: ${messageOf(error)}`);
    }
  }
}

/**
 * Writes the header blocks of one direction of a session, not compressed:
 * blocks are small and few, a compressor holds 256 KiB, and what is never
 * compressed cannot be guessed from its length.
 */
export class HeaderBlockWriter {
  #hasBegun = false;

  write(headers: SpdyHeaders): Buffer {
    const plain = encodeHeaders(headers);
    const start = this.#hasBegun ? Buffer.alloc(0) : zlibHeader();
    this.#hasBegun = true;
    return Buffer.concat([start, ...storedBlocks(plain), syncMarker]);
  }
}

/** The end of two buffers in a row, in memory of its own: a piece of Node's pool would hold all of the pool. */
function lastOf(before: Buffer, after: Buffer): Buffer {
  const both = Buffer.concat([before, after]).subarray(-windowBytes);
  const last = Buffer.alloc(both.length);
  both.copy(last);
  return last;
}

function zlibHeader(): Buffer {
  const header = Buffer.alloc(zlibHeaderBytes);
  header.writeUInt8(zlibMethod, 0);
  // The low bits make the first two bytes a multiple of 31.
  header.writeUInt8(hasDictionary + (31 - ((zlibMethod * 256 + hasDictionary) % 31)), 1);
  header.writeUInt32BE(dictionaryId, 2);
  return header;
}

/** The deflate blocks behind zlib's header, which only the first block of a direction has. */
function withoutZlibHeader(compressed: Buffer): Buffer {
  if (compressed.length < zlibHeaderBytes) throw badSpdy("the first header block is cut off");
  const flags = compressed.readUInt8(1);
  const isZlib = compressed.readUInt8(0) % 16 === 8 && compressed.readUInt16BE(0) % 31 === 0;
  if (!isZlib) throw badSpdy("the first header block is not zlib");
  const isOurs = (flags & hasDictionary) !== 0 && compressed.readUInt32BE(2) === dictionaryId;
  if (!isOurs) throw badSpdy("the header blocks are not made with the dictionary of SPDY/3");
  return compressed.subarray(zlibHeaderBytes);
}

/** A stored block has at most 64 KiB - 1. */
function storedBlocks(plain: Buffer): Buffer[] {
  const most = 0xffff;
  const blocks: Buffer[] = [];
  for (let at = 0; at < plain.length; at += most) {
    const content = plain.subarray(at, at + most);
    const header = Buffer.alloc(5);
    header.writeUInt16LE(content.length, 1);
    header.writeUInt16LE(0xffff - content.length, 3);
    blocks.push(header, content);
  }
  return blocks;
}

function encodeHeaders(headers: SpdyHeaders): Buffer {
  const parts = [...headers].flatMap(([name, values]) => [withLength(name), withLength(values.join(separator))]);
  return Buffer.concat([lengthOf(headers.size), ...parts]);
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([lengthOf(bytes.length), bytes]);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function decodeHeaders(plain: Buffer, limits: HeaderLimits): SpdyHeaders {
  let at = 0;
  const takeLength = (): number => {
    if (at + 4 > plain.length) throw badSpdy("a header block is cut off");
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const takeText = (): string => {
    const length = takeLength();
    if (at + length > plain.length) throw badSpdy("a header block is cut off");
    at += length;
    return plain.toString("utf8", at - length, at);
  };
  const count = takeLength();
  if (count > limits.names) throw badSpdy(`a header block has ${count} names, ${limits.names} are allowed`);
  const headers = new Map<string, readonly string[]>();
  for (let index = 0; index < count; index += 1) {
    const name = takeText();
    const isNew = name !== "" && name === name.toLowerCase() && !headers.has(name);
    if (!isNew) throw badSpdy(`header name ${JSON.stringify(name)} is empty, repeated or not lower case`);
    headers.set(name, takeText().split(separator));
  }
  if (at !== plain.length) throw badSpdy("a header block is longer than its headers");
  return headers;
}
