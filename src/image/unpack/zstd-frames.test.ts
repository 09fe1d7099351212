import { constants, zstdCompressSync } from "node:zlib";
import { array, assert, boolean, integer, nat, oneof, property, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { ZstdFrames } from "./zstd-frames.ts";

function frameOf(content: Uint8Array, hasChecksum: boolean): Buffer {
  return zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: hasChecksum ? 1 : 0 } });
}

function skippable(content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a57, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** Cuts at the ends of frames and at the given places; returns the offsets where pieces end. */
function endsOf(stream: Buffer, cuts: readonly number[]): readonly number[] {
  const frames = new ZstdFrames();
  const bounds = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
  const pieces: Buffer[] = [];
  let start = 0;
  for (const end of bounds) {
    pieces.push(...frames.cut(stream.subarray(start, end)));
    start = end;
  }
  expect(Buffer.concat(pieces).equals(stream)).toBe(true);
  let total = 0;
  return pieces.map((piece) => (total += piece.length));
}

const content = oneof(
  uint8Array({ maxLength: 300 }),
  tuple(nat(255), integer({ min: 1, max: 400_000 })).map(([byte, length]) => new Uint8Array(length).fill(byte)),
);
const frame = tuple(content, boolean(), boolean()).map(([bytes, hasChecksum, isSkippable]) =>
  isSkippable ? skippable(bytes.subarray(0, 300)) : frameOf(bytes, hasChecksum),
);

describe("ZstdFrames", () => {
  it("cuts at the end of every frame, from any split of the bytes", () => {
    assert(
      property(array(frame, { maxLength: 6 }), array(nat(2000), { maxLength: 8 }), (frames, cuts) => {
        let total = 0;
        const frameEnds = frames.map(({ length }) => (total += length));

        const ends = endsOf(Buffer.concat(frames), cuts);

        expect(frameEnds.filter((end) => !ends.includes(end))).toEqual([]);
      }),
    );
  });

  it("hands on what is no zstd", () => {
    expect(endsOf(Buffer.from("neither a frame nor one to be skipped"), [])).toEqual([37]);
  });
});
