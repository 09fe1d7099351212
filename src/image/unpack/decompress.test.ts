import { gzipSync, zstdCompressSync } from "node:zlib";
import { array, assert, asyncProperty, boolean, constantFrom, nat, oneof, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { decompress, type PieceSource } from "./decompress.ts";

const compressions = { gzip: gzipSync, zstd: zstdCompressSync } as const;
const compression = constantFrom("gzip" as const, "zstd" as const);

/** Hands out bytes in pieces, each over the one before, as a file that is read into one buffer does. */
function sourceOf(bytes: Buffer, cuts: readonly number[]): PieceSource {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  const reused = Buffer.alloc(bytes.length);
  let start = 0;
  return {
    async next() {
      // The first bytes tell the compression: the source sees to it that there are enough of them.
      const minimum = start === 0 ? Math.min(4, bytes.length) : start + 1;
      const end = ends.find((at) => at >= minimum);
      if (end === undefined || start === bytes.length) return undefined;
      const length = bytes.copy(reused, 0, start, end);
      start = end;
      return reused.subarray(0, length);
    },
  };
}

async function unpack(bytes: Buffer, cuts: readonly number[] = []): Promise<Buffer> {
  const taken: Buffer[] = [];
  const { signal } = new AbortController();
  await decompress(sourceOf(bytes, cuts), (piece) => void taken.push(Buffer.from(piece)), signal);
  return Buffer.concat(taken);
}

async function outcomeOf(bytes: Buffer, cuts?: readonly number[]): Promise<unknown> {
  try {
    return await unpack(bytes, cuts);
  } catch (error) {
    return error;
  }
}

const member = oneof(
  uint8Array({ maxLength: 500 }),
  tuple(nat(255), nat(300_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
).map((bytes) => Buffer.from(bytes));
const cutsOf = array(nat(5000), { maxLength: 6 });

describe("decompress()", () => {
  it("gives back all members of a stream, from any split of the bytes", async () => {
    await assert(
      asyncProperty(compression, array(member, { minLength: 1, maxLength: 4 }), cutsOf, async (kind, members, cuts) => {
        const packed = Buffer.concat(members.map((bytes) => compressions[kind](bytes)));

        expect((await unpack(packed, cuts)).equals(Buffer.concat(members))).toBe(true);
      }),
    );
  });

  it("hands on what is not compressed", async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 600 }), cutsOf, async (noise, cuts) => {
        const plain = Buffer.concat([Buffer.from("plain"), noise]);

        expect((await unpack(plain, cuts)).equals(plain)).toBe(true);
      }),
    );
  });

  it("refuses every stream that is cut off", async () => {
    await assert(
      asyncProperty(compression, member, nat(10_000), cutsOf, async (kind, bytes, cut, cuts) => {
        const packed = compressions[kind](bytes);
        // Fewer than four bytes tell no compression.
        const length = 4 + (cut % (packed.length - 4));

        const outcome = await outcomeOf(packed.subarray(0, length), cuts);

        expect(outcome).toMatchObject({ kind: "invalid" });
      }),
    );
  });

  it("answers any damage with bytes or a fault", async () => {
    const damage = array(tuple(nat(2000), nat(255)), { minLength: 1, maxLength: 5 });

    await assert(
      asyncProperty(
        compression,
        array(member, { minLength: 1, maxLength: 3 }),
        tuple(damage, boolean(), cutsOf),
        async (kind, members, [changes, keepsHead, cuts]) => {
          const packed = Buffer.concat(members.map((bytes) => compressions[kind](bytes)));
          const from = keepsHead ? 4 : 0;
          for (const [at, byte] of changes) packed[from + (at % (packed.length - from))] = byte;

          const outcome = await outcomeOf(packed, cuts);

          expect(outcome).toSatisfy((it: unknown) => it instanceof Fault || Buffer.isBuffer(it));
        },
      ),
    );
  });
});
