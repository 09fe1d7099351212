/**
 * Gives the memory behind bytes back at once, when they are the last of it.
 *
 * A pull moves hundreds of megabytes through small buffers. The collector
 * learns of their size late and would let tens of megabytes pile up in each
 * thread. Bytes that reach to the end of their memory are the last piece that
 * a stream cuts from it, so nobody else has a use for it; the memory of other
 * pieces is left alone.
 *
 * The bytes must not be used afterwards: they are then empty.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteOffset + bytes.byteLength === buffer.byteLength) buffer.transfer(0);
}
