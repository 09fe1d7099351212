import { createHash } from "node:crypto";
import { type Digest, Fault } from "#foundation";
import { readPieces } from "#host";
import type { Descriptor } from "#spec";
import type { KeptBlob } from "#store";
import { contentMismatch, sizeMismatch } from "../faults.ts";
import { decompress } from "../unpack/decompress.ts";
import type { Append } from "./archive-writer.ts";

/** A layer as it was sent, checked. */
export interface LayerFile {
  readonly blob: Descriptor;
  readonly diffId: Digest;
  readonly path: string;
  /** Unpacked. */
  readonly tarBytes: number;
}

const pieceBytes: number = 256 * 1024;
/** So little unpacks to 32 MiB at most, which is in memory until it is written. */
const packedPieceBytes: number = 32 * 1024;

/**
 * Reads a whole layer to see that it is what manifest and configuration say.
 *
 * @throws Fault `invalid` when a digest or the size is another, `exhausted` when it unpacks to more than `maxBytes`
 */
export async function checkLayer(
  { path }: Pick<KeptBlob, "path">,
  { blob, diffId }: Pick<LayerFile, "blob" | "diffId">,
  maxBytes: number,
  signal: AbortSignal,
): Promise<LayerFile> {
  const [packed, unpacked] = [createHash("sha256"), createHash("sha256")];
  let [packedBytes, tarBytes] = [0, 0];
  const pieces = readPieces(path, pieceBytes);
  const next = async (): Promise<Buffer | undefined> => {
    signal.throwIfAborted();
    const piece = await pieces.next();
    if (piece.done === true) return undefined;
    packed.update(piece.value);
    packedBytes += piece.value.length;
    return piece.value;
  };
  const take = (piece: Buffer): void => {
    unpacked.update(piece);
    tarBytes += piece.length;
    if (tarBytes > maxBytes) throw new Fault("exhausted", `it unpacks to more than ${maxBytes} bytes`);
  };
  try {
    await decompress({ next }, take, signal);
    // What a decompressor left unread belongs to the blob, too.
    while ((await next()) !== undefined);
  } finally {
    await pieces.return(undefined);
  }
  if (packedBytes !== blob.sizeBytes) throw sizeMismatch("blob", blob.sizeBytes, packedBytes);
  assertDigest("blob", blob.digest, packed.digest("hex"));
  assertDigest("unpacked layer", diffId, unpacked.digest("hex"));
  return { blob, diffId, path, tarBytes };
}

/** Copies a layer as it was sent. */
export async function copyPacked({ path }: LayerFile, append: Append): Promise<void> {
  for await (const piece of readPieces(path, pieceBytes)) await append(piece);
}

/** Copies what a layer unpacks to. */
export async function copyUnpacked({ path }: LayerFile, append: Append, signal: AbortSignal): Promise<void> {
  const unpacked: Buffer[] = [];
  const drain = async (): Promise<void> => {
    for (const piece of unpacked.splice(0)) await append(piece);
  };
  const pieces = readPieces(path, packedPieceBytes);
  const next = async (): Promise<Buffer | undefined> => {
    signal.throwIfAborted();
    // What one piece unpacks to is gone before the next one is taken.
    await drain();
    const piece = await pieces.next();
    return piece.done === true ? undefined : piece.value;
  };
  try {
    await decompress({ next }, (piece) => unpacked.push(Buffer.from(piece)), signal);
    await drain();
  } finally {
    await pieces.return(undefined);
  }
}

function assertDigest(what: string, expected: Digest, hex: string): void {
  const actual = `sha256:${hex}`;
  if (actual !== expected) throw contentMismatch(what, expected, actual);
}
