import { isMarkedAsUntransferable } from "node:worker_threads";

/**
 * Gives the memory behind bytes back at once, when nobody else can have a use for it.
 *
 * A pull moves hundreds of megabytes through small buffers. The collector
 * learns of their size late and would let tens of megabytes pile up in each
 * thread. Bytes that reach to the end of their memory are the last piece that
 * a stream cuts from it. The memory of other pieces is left alone, and so is
 * the pool from which Node cuts small buffers: Node marks it.
 *
 * The bytes must not be used afterwards: they are then empty.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = bytes;
  const isLastPiece = byteOffset + byteLength === buffer.byteLength;
  if (buffer instanceof ArrayBuffer && isLastPiece && !isMarkedAsUntransferable(buffer)) buffer.transfer(0);
}
