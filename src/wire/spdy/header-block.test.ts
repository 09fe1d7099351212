import { constants, createDeflate, deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dictionary, dictionaryId } from "./dictionary.ts";
import { HeaderBlockReader, HeaderBlockWriter, type SpdyHeaders } from "./header-block.ts";

const limits = { bytes: 64 * 1024, names: 64 };

const headersOf = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
      fc.array(fc.stringMatching(/^[ -~]{0,40}$/), { minLength: 1, maxLength: 3 }),
    ),
    { maxLength: 12, selector: ([name]) => name },
  )
  .map((entries): SpdyHeaders => new Map(entries));

/** A header block as it is before compression. */
function plainBlock(...words: readonly string[]): Buffer {
  const length = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
  return Buffer.concat([
    length(words.length / 2),
    ...words.flatMap((word) => [length(Buffer.byteLength(word)), Buffer.from(word)]),
  ]);
}

/** Blocks of one direction, as a peer with zlib makes them. */
async function compress(blocks: readonly Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary, level: 9 });
  const out: Buffer[] = [];
  for (const block of blocks) {
    deflate.write(block);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    const piece = deflate.read() as Buffer;
    out.push(piece);
  }
  deflate.close();
  return out;
}

test("the dictionary is the one that zlib streams name", () => {
  const [low, high] = dictionary.reduce(([a, b], byte) => [(a + byte) % 65_521, (b + a + byte) % 65_521], [1, 0]);

  expect((high * 65_536 + low) >>> 0).toBe(dictionaryId);
});

test("HeaderBlockReader reads blocks that a compressor made with one context", async () => {
  const blocks = await compress([
    plainBlock("streamtype", "error", "port", "80", "requestid", "0"),
    plainBlock("streamtype", "data", "port", "80", "requestid", "0"),
    plainBlock(),
  ]);
  const reader = new HeaderBlockReader(limits);

  const read = blocks.map((block) => Object.fromEntries(reader.read(block)));

  expect(read).toEqual([
    { streamtype: ["error"], port: ["80"], requestid: ["0"] },
    { streamtype: ["data"], port: ["80"], requestid: ["0"] },
    {},
  ]);
});

test("HeaderBlockReader refers back 32 KiB and no less", async () => {
  const long = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(4_000, "abcdefghij")).join("");
  const values = [long.slice(0, 40_000), long.slice(20_000, 60_000), long.slice(10_000, 50_000)];
  const blocks = await compress(values.map((value) => plainBlock("name", value)));
  const reader = new HeaderBlockReader(limits);

  expect(blocks.map((block) => reader.read(block).get("name")?.[0])).toEqual(values);
});

test("HeaderBlockWriter writes what zlib and HeaderBlockReader read back", () => {
  fc.assert(
    fc.property(fc.array(headersOf, { minLength: 1, maxLength: 4 }), (all) => {
      const writer = new HeaderBlockWriter();
      const blocks = all.map((headers) => writer.write(headers));
      const reader = new HeaderBlockReader(limits);
      const inflated = inflateSync(Buffer.concat(blocks), { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
      const plain = all.map((headers) =>
        plainBlock(...[...headers].flatMap(([name, values]) => [name, values.join("\0")])),
      );

      expect(blocks.map((block) => reader.read(block))).toEqual(all);
      expect(inflated).toEqual(Buffer.concat(plain));
    }),
  );
});

test("HeaderBlockReader stops at the limit of a block that inflates without end", () => {
  const bomb = deflateSync(Buffer.alloc(16 * 1024 * 1024), { dictionary });
  const reader = new HeaderBlockReader(limits);

  expect(() => reader.read(bomb)).toThrow(/cannot be inflated to at most 65536 bytes/);
});

test.each([
  ["nothing", Buffer.alloc(0), /cut off/],
  ["garbage", Buffer.from("garbage that is no zlib"), /is not zlib/],
  ["another dictionary", deflateSync(plainBlock(), { dictionary: Buffer.from("another") }), /dictionary of SPDY/],
  ["no dictionary", deflateSync(plainBlock()), /dictionary of SPDY/],
  ["an upper-case name", deflateSync(plainBlock("Name", "value"), { dictionary }), /not lower case/],
  ["an empty name", deflateSync(plainBlock("", "value"), { dictionary }), /is empty/],
  ["a repeated name", deflateSync(plainBlock("a", "1", "a", "2"), { dictionary }), /repeated/],
  ["a cut off value", deflateSync(plainBlock("name", "value").subarray(0, -1), { dictionary }), /cut off/],
  ["bytes after the headers", deflateSync(Buffer.concat([plainBlock(), Buffer.of(1)]), { dictionary }), /longer than/],
  ["too many names", deflateSync(Buffer.from([0, 1, 0, 0]), { dictionary }), /65536 names/],
])("HeaderBlockReader refuses %s", (_what, block, problem) => {
  expect(() => new HeaderBlockReader(limits).read(block)).toThrow(problem);
});

test("HeaderBlockReader only ever refuses", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      const block = Buffer.concat([new HeaderBlockWriter().write(new Map()).subarray(0, 6), garbage]);

      expect([undefined, "invalid"]).toContain(kindOfFailure(() => new HeaderBlockReader(limits).read(block)));
    }),
  );
});

function kindOfFailure(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { readonly kind?: unknown }).kind ?? error;
  }
}
