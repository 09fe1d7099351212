import fc from "fast-check";
import { expect, test } from "vitest";
import { TerminalSizeReader } from "./terminal-sizes.ts";

test("TerminalSizeReader reads sizes in pieces of any length", () => {
  const text = '{"Width":80,"Height":24}\n{"Height":50,"Width":132}{"Width":1,"Height":1}';

  fc.assert(
    fc.property(fc.integer({ min: 1, max: text.length }), (step) => {
      const reader = new TerminalSizeReader();
      const pieces = Array.from({ length: Math.ceil(text.length / step) }, (_, index) =>
        Buffer.from(text.slice(index * step, (index + 1) * step)),
      );

      expect(pieces.flatMap((piece) => reader.push(piece))).toEqual([
        { columns: 80, rows: 24 },
        { columns: 132, rows: 50 },
        { columns: 1, rows: 1 },
      ]);
    }),
  );
});

test.each(['{"Width":-1,"Height":24}', '{"Width":80}', '{"Width":65536,"Height":1}', "{]}", "x".repeat(1_000_000)])(
  "TerminalSizeReader passes over what is no size, and reads on: %.30s",
  (text) => {
    const reader = new TerminalSizeReader();

    expect(reader.push(Buffer.from(text))).toEqual([]);
    expect(reader.push(Buffer.from('}{"Width":80,"Height":24}'))).toEqual([{ columns: 80, rows: 24 }]);
  },
);
