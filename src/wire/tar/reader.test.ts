import { array, assert, constantFrom, integer, nat, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { archive, block, entry, pax, read } from "./archive-fixture.ts";
import { blockBytes } from "./header.ts";

function problemOf(bytes: Buffer): unknown {
  try {
    return read(bytes);
  } catch (error) {
    return error;
  }
}

describe("TarReader", () => {
  it("reads a file with all its attributes", () => {
    expect(read(archive(entry({ path: "dir/file", body: "hello" })))).toEqual([
      {
        kind: "file",
        path: "dir/file",
        linkPath: "",
        mode: 0o644,
        uid: 1000,
        gid: 100,
        sizeBytes: 5,
        modifiedAtNanos: 10_000_000_000n,
        deviceMajor: 5,
        deviceMinor: 6,
        xattrs: new Map(),
        body: "hello",
      },
    ]);
  });

  it.each([
    ["0", "file"],
    ["7", "file"],
    ["1", "hard-link"],
    ["2", "symlink"],
    ["3", "character-device"],
    ["4", "block-device"],
    ["5", "directory"],
    ["6", "fifo"],
  ])("calls type %s a %s", (type, kind) => {
    expect(read(archive(entry({ type, link: "to" })))[0]).toMatchObject({ kind, linkPath: "to" });
  });

  it("takes a name with a slash at its end for a directory", () => {
    expect(read(archive(entry({ path: "d/" })))[0]?.kind).toBe("directory");
  });

  it("joins the prefix and the name", () => {
    expect(read(archive(entry({ path: "b", raw: { 345: Buffer.from("long/prefix") } })))[0]?.path).toBe(
      "long/prefix/b",
    );
  });

  it("applies GNU long names to the next entry only", () => {
    const name = `${"n".repeat(150)}\0`;
    const seen = read(
      archive(entry({ type: "L", body: name }), entry({ type: "K", body: "l\0" }), entry({ type: "2" }), entry({})),
    );

    expect(seen.map(({ path, linkPath }) => [path, linkPath])).toEqual([
      ["n".repeat(150), "l"],
      ["a", ""],
    ]);
  });

  it("applies PAX records, and keeps names that are not UTF-8 as bytes", () => {
    const records = pax({
      path: "pä/\u00e9",
      size: "3",
      uid: "3000000",
      gid: "4",
      mtime: "12.5",
      "SCHILY.xattr.user.x": "v=\n1",
      comment: "ignored",
    });
    const [seen] = read(archive(records, Buffer.concat([block({ size: 0 }), Buffer.from("abc"), Buffer.alloc(509)])));

    expect(seen).toMatchObject({ uid: 3_000_000, gid: 4, modifiedAtNanos: 12_500_000_000n, body: "abc" });
    expect(Buffer.from(seen?.path ?? "", "latin1").toString()).toBe("pä/\u00e9");
    expect(Buffer.from(seen?.xattrs.get("user.x") ?? []).toString()).toBe("v=\n1");
  });

  it.each([
    ["-1.25", -1_250_000_000n],
    ["1.123456789123", 1_123_456_789n],
    ["0", 0n],
  ])("reads the time %s", (mtime, nanos) => {
    expect(read(archive(pax({ mtime }), entry({})))[0]?.modifiedAtNanos).toBe(nanos);
  });

  it("reads numbers in base 256", () => {
    const uid = Buffer.from([0x80, 0, 0, 0, 0x11, 0x22, 0x33, 0x44]);
    const mtime = Buffer.alloc(12, 0xff);

    expect(read(archive(entry({ raw: { 108: uid, 136: mtime } })))[0]).toMatchObject({
      uid: 0x11223344,
      modifiedAtNanos: -1_000_000_000n,
    });
  });

  it("ignores global headers and what follows the end", () => {
    const bytes = Buffer.concat([
      archive(entry({ type: "g", body: "14 path=evil\n\n" }), entry({})),
      Buffer.from("junk"),
    ]);

    expect(read(bytes).map(({ path }) => path)).toEqual(["a"]);
  });

  it("takes no content of links", () => {
    expect(read(archive(block({ type: "1", size: 700 }), entry({ path: "b" }))).map(({ path }) => path)).toEqual([
      "a",
      "b",
    ]);
  });

  it("accepts an empty archive, and one without the zeros at its end", () => {
    expect(read(Buffer.alloc(0))).toEqual([]);
    expect(read(entry({ body: "x" }))).toHaveLength(1);
  });

  it.each([
    ["a wrong checksum", archive(Buffer.concat([block({}).fill("x", 0, 1)])), /checksum/],
    ["a number that is none", archive(entry({ raw: { 108: Buffer.from("zzzzzzz\0") } })), /uid/],
    ["a negative size", archive(entry({ raw: { 124: Buffer.alloc(12, 0xff) } })), /negative/],
    ["a size beyond all numbers", archive(entry({ raw: { 124: Buffer.alloc(12, 0xbf) } })), /size/],
    ["an entry without a name", archive(entry({ path: "", body: "" })), /no name/],
    ["one block of zeros between entries", archive(Buffer.alloc(blockBytes), entry({})), /between entries/],
    ["an extension without an entry", archive(pax({ path: "x" })), /followed by no entry/],
    ["a PAX length that lies", archive(entry({ type: "x", body: "99 path=x\n" }), entry({})), /PAX record is broken/],
    ["a PAX record without a length", archive(entry({ type: "x", body: "path=x\n" }), entry({})), /no length/],
    ["a PAX size that is none", archive(pax({ size: "1e3" }), entry({})), /PAX size/],
    ["a NUL in a PAX name", archive(pax({ path: "a\0b" }), entry({})), /NUL/],
    ["a huge extension", archive(block({ type: "x", size: 2 ** 21 })), /2097152 bytes/],
    ["an unknown type", archive(entry({ type: "Z" })), /type "Z"/],
    ["a directory with content", archive(entry({ path: "d/", body: "x" })), /directory has content/],
  ])("refuses %s", (_, bytes, problem) => {
    const fault = problemOf(bytes);

    expect(fault).toBeInstanceOf(Fault);
    expect((fault as Fault).message).toMatch(problem);
  });

  const made = record({
    path: constantFrom("a", "b/c", "d/e/f", "x".repeat(99)),
    type: constantFrom("0", "2", "5"),
    bytes: uint8Array({ maxLength: 1500 }),
    isLong: constantFrom(true, false),
  });

  it("reads the same from any split of the bytes", () => {
    assert(
      property(array(made, { maxLength: 5 }), array(nat(10_000), { maxLength: 12 }), (entries, cuts) => {
        const bytes = archive(
          ...entries.flatMap(({ path, type, bytes: body, isLong }) => [
            ...(isLong ? [pax({ path: `${path}/long` })] : []),
            entry({ path, type, body: type === "0" ? body : "" }),
          ]),
        );

        expect(read(bytes, cuts)).toEqual(read(bytes));
      }),
    );
  });

  it("takes no archive that is cut off for a whole one, unless the cut is between entries", () => {
    const bytes = Buffer.concat([pax({ path: "long" }), entry({ body: "y".repeat(600) })]);

    assert(
      property(integer({ min: 1, max: bytes.length - 1 }), (length) => {
        expect(problemOf(bytes.subarray(0, length))).toMatchObject({ kind: "invalid" });
      }),
    );
  });

  it("answers any bytes with entries or a fault", () => {
    assert(
      property(uint8Array({ maxLength: 2048 }), integer({ min: 0, max: 511 }), nat(255), (noise, at, byte) => {
        const damaged = Buffer.concat([entry({ body: "hello" }), Buffer.from(noise)]);
        damaged[at] = byte;
        expect(problemOf(damaged)).toSatisfy((it: unknown) => it instanceof Fault || Array.isArray(it));
      }),
    );
  });
});
