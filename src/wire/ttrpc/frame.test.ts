import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeTtrpcFrame,
  frameType,
  noData,
  type OversizedFrame,
  remoteClosed,
  type TtrpcFrame,
  TtrpcFrameReader,
} from "./frame.ts";

const limit = 64;

interface Read {
  readonly frames: TtrpcFrame[];
  readonly oversized: OversizedFrame[];
  readonly isBetweenFrames: boolean;
}

function read(pieces: readonly Buffer[]): Read {
  const frames: TtrpcFrame[] = [];
  const oversized: OversizedFrame[] = [];
  const sink = {
    frame: (frame: TtrpcFrame) => frames.push(frame),
    oversized: (head: OversizedFrame) => oversized.push(head),
  };
  const reader = new TtrpcFrameReader(sink, limit);
  for (const piece of pieces) reader.push(piece);
  return { frames, oversized, isBetweenFrames: reader.isBetweenFrames };
}

const anyFrame = fc
  .record({
    streamId: fc.nat({ max: 0xffff_ffff }),
    type: fc.constantFrom(...Object.values(frameType)),
    flags: fc.nat({ max: 7 }),
    payload: fc.uint8Array({ maxLength: limit }),
  })
  .map((frame) => ({ ...frame, payload: Buffer.from(frame.payload) }));

describe("TtrpcFrameReader", () => {
  it("reads what was encoded, split at every single place", () => {
    const frames = [
      { streamId: 1, type: frameType.request, flags: 0, payload: Buffer.from("question") },
      { streamId: 1, type: frameType.data, flags: remoteClosed | noData, payload: Buffer.alloc(0) },
      { streamId: 0xffff_ffff, type: frameType.response, flags: 0, payload: Buffer.from("answer") },
    ];
    const bytes = Buffer.concat(frames.map(encodeTtrpcFrame));

    for (let at = 0; at <= bytes.length; at += 1) {
      const { frames: found, isBetweenFrames } = read([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(found, `split at ${at}`).toEqual(frames);
      expect(isBetweenFrames).toBe(true);
    }
  });

  it("reads any frames in any pieces", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat({ max: 40 })), (frames, sizes) => {
        const bytes = Buffer.concat(frames.map(encodeTtrpcFrame));
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }

        const found = read([...pieces, bytes.subarray(at)]);

        expect(found).toEqual({ frames, oversized: [], isBetweenFrames: true });
      }),
    );
  });

  it("knows of every truncation", () => {
    const bytes = encodeTtrpcFrame({ streamId: 1, type: frameType.request, flags: 0, payload: Buffer.from("abc") });

    for (let length = 1; length < bytes.length; length += 1) {
      const { frames, isBetweenFrames } = read([bytes.subarray(0, length)]);
      expect([length, frames, isBetweenFrames]).toEqual([length, [], false]);
    }
  });

  it("drops a payload beyond the limit, and goes on with the next frame", () => {
    const tooLong = encodeTtrpcFrame({
      streamId: 3,
      type: frameType.request,
      flags: 0,
      payload: Buffer.alloc(limit + 1),
    });
    const next = { streamId: 5, type: frameType.request, flags: 0, payload: Buffer.from("x") };

    const found = read([Buffer.concat([tooLong, encodeTtrpcFrame(next)])]);

    expect(found.oversized).toEqual([{ streamId: 3, type: frameType.request, sizeBytes: limit + 1 }]);
    expect(found.frames).toEqual([next]);
  });
});

describe("encodeTtrpcFrame()", () => {
  it("writes length and stream as the protocol has them", () => {
    const frame = { streamId: 0x01020304, type: frameType.data, flags: remoteClosed, payload: Buffer.from("hi") };

    expect(encodeTtrpcFrame(frame).toString("hex")).toBe(`00000002${"01020304"}0301${"6869"}`);
  });
});
