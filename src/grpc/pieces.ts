/** A message of a stream takes no further item from here on: far below the size that clients accept. */
const pieceBytes = 1_048_576;

/**
 * Cuts a list of encoded items into the messages that a stream sends; an empty list is no message.
 *
 * By their size, not their number: the annotations of one object may have 256 KiB.
 */
export function* inPieces(items: Iterable<Uint8Array>): Iterable<Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let bytes = 0;
  for (const item of items) {
    if (bytes > 0 && bytes + item.length > pieceBytes) {
      yield piece;
      [piece, bytes] = [[], 0];
    }
    piece.push(item);
    bytes += item.length;
  }
  if (piece.length > 0) yield piece;
}
