import { createGunzip, createZstdDecompress } from "node:zlib";
import { messageOf } from "#foundation";
import { badCompression } from "../faults.ts";
import { Decoder, type ZlibStream } from "./decoder.ts";
import { beginsZstd, ZstdFrames } from "./zstd-frames.ts";

type Compression = "gzip" | "zstd" | "none";

/** Where a blob's pieces come from. */
export interface PieceSource {
  /** The next piece; undefined at the end. Valid until the next call. */
  next(signal: AbortSignal): Promise<Buffer | undefined>;
}

const pieceBytes: number = 256 * 1024;

/**
 * Hands the unpacked bytes of a blob to `take`, piece by piece; each may be used during the call only.
 *
 * The first bytes tell the compression, because media types are known to lie.
 * Gzip of several members and zstd of several frames are read to the end.
 *
 * @throws Fault `invalid` when the stream is damaged or cut off; whatever `take` throws
 */
export async function decompress(
  source: PieceSource,
  take: (piece: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const first = await source.next(signal);
  if (first === undefined) return;
  const compression = compressionOf(first);
  if (compression === "none") {
    for (let piece: Buffer | undefined = first; piece !== undefined; piece = await source.next(signal)) take(piece);
    return;
  }
  const decoder = new Decoder(createStream(compression), take);
  const cut = compression === "zstd" ? frameCutter() : wholePiece;
  try {
    for (let piece: Buffer | undefined = first; piece !== undefined; piece = await source.next(signal)) {
      if (!(await writeAll(decoder, cut(piece)))) break;
    }
    await decoder.end();
  } catch (error) {
    throw isCodecError(error) ? badCompression(compression, messageOf(error), error) : error;
  } finally {
    decoder.close();
  }
}

/** False when the decoder wants no more. */
async function writeAll(decoder: Decoder, pieces: Iterable<Buffer>): Promise<boolean> {
  for (const piece of pieces) if (!(await decoder.write(piece))) return false;
  return true;
}

function createStream(compression: "gzip" | "zstd"): ZlibStream {
  switch (compression) {
    case "gzip":
      return createGunzip({ chunkSize: pieceBytes });
    case "zstd":
      return createZstdDecompress({ chunkSize: pieceBytes });
  }
}

function frameCutter(): (piece: Buffer) => Iterable<Buffer> {
  const frames = new ZstdFrames();
  return (piece) => frames.cut(piece);
}

function wholePiece(piece: Buffer): Iterable<Buffer> {
  return [piece];
}

function compressionOf(head: Buffer): Compression {
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return "gzip";
  return head.length >= 4 && beginsZstd(head.readUInt32LE(0)) ? "zstd" : "none";
}

/** zlib's own errors have codes of their own; a full disk or a fault of the consumer has not. */
function isCodecError(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code));
}
