/** Items of a list that go into one message of a stream: far below the size that clients accept. */
const pieceSize = 64;

/** Cuts a list into the pieces that a stream sends; an empty list is no piece. */
export function* inPieces<Item>(items: readonly Item[]): Iterable<Item[]> {
  for (let start = 0; start < items.length; start += pieceSize) yield items.slice(start, start + pieceSize);
}
