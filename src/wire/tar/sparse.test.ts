import { array, assert, nat, oneof, property, record, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { archive, block, entry, pax, read } from "./archive-fixture.ts";
import { blockBytes } from "./header.ts";

interface SparseFile {
  /** Holes and contents by turns. */
  readonly parts: readonly { readonly hole: number; readonly content: Buffer }[];
  readonly tail: number;
}

type Pairs = readonly (readonly [number, number])[];

function wholeOf({ parts, tail }: SparseFile): Buffer {
  return Buffer.concat([...parts.flatMap(({ hole, content }) => [Buffer.alloc(hole), content]), Buffer.alloc(tail)]);
}

function storedOf({ parts }: SparseFile): Buffer {
  return Buffer.concat(parts.map(({ content }) => content));
}

function pairsOf({ parts }: SparseFile): Pairs {
  let at = 0;
  return parts.map(({ hole, content }) => {
    const offset = at + hole;
    at = offset + content.length;
    return [offset, content.length];
  });
}

function octal(value: number): string {
  return `${value.toString(8).padStart(11, "0")}\0`;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)]);
}

function pairsText(pairs: Pairs): Buffer {
  return Buffer.from(pairs.map(([offset, size]) => octal(offset) + octal(size)).join(""));
}

/** As GNU tar writes it with `--format=gnu`. */
function gnu(pairs: Pairs, stored: Buffer, realBytes: number): Buffer {
  const raw: Record<number, Buffer> = { 386: pairsText(pairs.slice(0, 4)), 483: Buffer.from(octal(realBytes)) };
  raw[482] = Buffer.of(pairs.length > 4 ? 1 : 0);
  const blocks = [
    block({ path: "sparse", type: "S", size: stored.length, raw: { 257: Buffer.from("ustar  \0"), ...raw } }),
  ];
  for (let at = 4; at < pairs.length; at += 21) {
    const extension = Buffer.alloc(blockBytes);
    pairsText(pairs.slice(at, at + 21)).copy(extension);
    extension[504] = pairs.length > at + 21 ? 1 : 0;
    blocks.push(extension);
  }
  return Buffer.concat([...blocks, padded(stored)]);
}

function pax00(pairs: Pairs, stored: Buffer, realBytes: number): Buffer {
  const records: [string, string][] = pairs.flatMap(([offset, size]) => [
    ["GNU.sparse.offset", String(offset)],
    ["GNU.sparse.numbytes", String(size)],
  ]);
  const head: [string, string][] = [
    ["GNU.sparse.size", String(realBytes)],
    ["GNU.sparse.numblocks", String(pairs.length)],
  ];
  return Buffer.concat([pax([...head, ...records]), entry({ path: "sparse", body: stored })]);
}

function pax01(pairs: Pairs, stored: Buffer, realBytes: number): Buffer {
  const records = {
    "GNU.sparse.size": String(realBytes),
    "GNU.sparse.numblocks": String(pairs.length),
    "GNU.sparse.name": "sparse",
    "GNU.sparse.map": pairs.flat().join(","),
  };
  return Buffer.concat([pax(records), entry({ path: "GNUSparseFile.1/sparse", body: stored })]);
}

function pax10(pairs: Pairs, stored: Buffer, realBytes: number): Buffer {
  const map = padded(Buffer.from(`${[pairs.length, ...pairs.flat()].join("\n")}\n`));
  const records = {
    "GNU.sparse.major": "1",
    "GNU.sparse.minor": "0",
    "GNU.sparse.name": "sparse",
    "GNU.sparse.realsize": String(realBytes),
  };
  return Buffer.concat([pax(records), entry({ path: "GNUSparseFile.1/sparse", body: Buffer.concat([map, stored]) })]);
}

const formats = [
  ["GNU's old format", gnu],
  ["PAX 0.0", pax00],
  ["PAX 0.1", pax01],
  ["PAX 1.0", pax10],
] as const;

const file = record({
  parts: array(
    record({ hole: nat(2000), content: uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)) }),
    {
      maxLength: 60,
    },
  ),
  tail: nat(3000),
});

describe("sparse files", () => {
  it.each(formats)("in %s come out whole, from any split of the bytes", (_, encode) => {
    assert(
      property(file, array(nat(20_000), { maxLength: 8 }), (sparse, cuts) => {
        const whole = wholeOf(sparse);
        const bytes = archive(encode(pairsOf(sparse), storedOf(sparse), whole.length), entry({ path: "next" }));

        const seen = read(bytes, cuts);

        expect(seen.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
          ["sparse", whole.length],
          ["next", 0],
        ]);
        expect(seen[0]?.body).toBe(whole.toString("latin1"));
      }),
    );
  });

  const refused: readonly [string, Pairs, number][] = [
    [
      "overlap",
      [
        [0, 2],
        [1, 2],
      ],
      10,
    ],
    [
      "run backwards",
      [
        [5, 2],
        [0, 2],
      ],
      10,
    ],
    [
      "lie behind the file's end",
      [
        [0, 2],
        [9, 2],
      ],
      10,
    ],
    ["have fewer bytes than are stored", [[0, 2]], 10],
    [
      "have more bytes than are stored",
      [
        [0, 2],
        [4, 4],
      ],
      10,
    ],
  ];

  it.each(
    formats.flatMap(([name, encode]) => refused.map(([what, ...rest]) => [name, what, { encode, rest }] as const)),
  )("in %s are refused when fragments %s", (_, __, { encode, rest: [pairs, realBytes] }) => {
    expect(() => read(archive(encode(pairs, Buffer.from("abcd"), realBytes)))).toThrow(/tar: a sparse file/);
  });

  it.each<[string, Buffer, RegExp]>([
    ["a format of the future", pax({ "GNU.sparse.major": "2" }), /sparse format "2"/],
    ["no size", pax({ "GNU.sparse.map": "0,0" }), /size is missing/],
    ["an offset without a size", pax({ "GNU.sparse.size": "9", "GNU.sparse.map": "0,1,2" }), /without a size/],
    ["sizes out of turn", pax({ "GNU.sparse.size": "9", "GNU.sparse.numbytes": "1" }), /out of order/],
    ["a map of words", pax({ "GNU.sparse.map": "zero" }), /no number/],
  ])("are refused with %s", (_, head, problem) => {
    expect(() => read(archive(head, entry({})))).toThrow(problem);
  });

  it.each(["x\n", "1\n0\n", "99999999999999999\n", "262145\n"])(
    "are refused with the map %j before the content",
    (map) => {
      const head = pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "5" });

      expect(() => read(archive(head, entry({ body: padded(Buffer.from(map)) })))).toThrow(/tar: a sparse file/);
    },
  );

  it("are refused when they are no files", () => {
    const head = pax({ "GNU.sparse.size": "0" });

    expect(() => read(archive(head, entry({ type: "5" })))).toThrow("tar: a directory is said to be sparse");
  });

  it("answer any damage with entries or a fault", () => {
    const damage = array(tuple(nat(6000), oneof(nat(255), nat(57))), { minLength: 1, maxLength: 6 });

    assert(
      property(nat(3), file, damage, (format, sparse, changes) => {
        const encode = formats[format]?.[1] ?? gnu;
        const bytes = archive(encode(pairsOf(sparse), storedOf(sparse), wholeOf(sparse).length));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;

        expect(outcomeOf(bytes)).toSatisfy((it: unknown) => it instanceof Fault || Array.isArray(it));
      }),
    );
  });
});

function outcomeOf(bytes: Buffer): unknown {
  try {
    return read(bytes);
  } catch (error) {
    return error;
  }
}
