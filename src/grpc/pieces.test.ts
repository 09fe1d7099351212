import fc from "fast-check";
import { expect, test } from "vitest";
import { inPieces } from "./pieces.ts";

const mebibyte = 1_048_576;

function sizes(...lengths: readonly number[]): readonly number[] {
  return [...inPieces(lengths.map((length) => new Uint8Array(length)))].map((piece) =>
    piece.reduce((sum, { length }) => sum + length, 0),
  );
}

test("items go together up to a mebibyte, and one that is larger alone", () => {
  expect(sizes()).toEqual([]);
  expect(sizes(10, 20)).toEqual([30]);
  expect(sizes(mebibyte / 2, mebibyte / 2, 1)).toEqual([mebibyte, 1]);
  expect(sizes(1, 2 * mebibyte, 1)).toEqual([1, 2 * mebibyte, 1]);
});

test("every item is in one piece, in order, and no piece is larger but for an item that is", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2 * mebibyte }), { maxLength: 20 }), (lengths) => {
      const items = lengths.map((length): Uint8Array => new Uint8Array(length));
      const pieces = [...inPieces(items)];

      expect(pieces.flat().map((item) => items.indexOf(item))).toEqual(items.map((_, index) => index));
      for (const piece of pieces) {
        const bytes = piece.reduce((sum, { length }) => sum + length, 0);
        expect(piece.length === 1 || bytes <= mebibyte).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});
