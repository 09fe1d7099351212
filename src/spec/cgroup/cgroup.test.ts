import { describe, expect, it } from "vitest";
import { decodeCgroupFields, decodeCgroupNumber } from "./counters.ts";
import { decodeBlkio, decodeIoStat } from "./device-io.ts";
import { decodePressure } from "./pressure.ts";

describe("decodeCgroupNumber()", () => {
  it.each([
    ["0\n", 0n],
    ["9223372036854771712\n", 9_223_372_036_854_771_712n],
    ["max\n", undefined],
    ["", undefined],
    ["-1\n", undefined],
    [`${"9".repeat(21)}\n`, undefined],
  ])("%j is %s", (text, expected) => {
    expect(decodeCgroupNumber(text)).toBe(expected);
  });
});

describe("decodeCgroupFields()", () => {
  it("finds lines of a key and a number, in any order, and nothing else", () => {
    const fields = decodeCgroupFields("usage_usec 12\nbroken\nword max\ntwo 1 2\n nr_periods 3\nlast 4");

    expect(["last", "usage_usec", "broken", "word", "two", "nr_periods", "last"].map((key) => fields.get(key))).toEqual(
      [4n, 12n, undefined, undefined, undefined, undefined, 4n],
    );
  });

  it("takes no key for another that it is a part of", () => {
    const fields = decodeCgroupFields("total_rss_huge 1\nsub_total_rss 2\ntotal_rss 3\nrss 4\n");

    expect([fields.get("total_rss"), fields.get("rss"), fields.get("total")]).toEqual([3n, 4n, undefined]);
  });

  it("keeps numbers of 64 bits exact", () => {
    const fields = decodeCgroupFields("a 18446744073709551615\nb 999999999999999\nc 9007199254740993\n");

    expect(["a", "b", "c"].map((key) => fields.get(key))).toEqual([
      18_446_744_073_709_551_615n,
      999_999_999_999_999n,
      9_007_199_254_740_993n,
    ]);
  });
});

describe("decodePressure()", () => {
  it("reads both lines", () => {
    const text =
      "some avg10=1.50 avg60=0.20 avg300=0.03 total=123456\nfull avg10=0.00 avg60=0.10 avg300=0.00 total=789\n";

    expect(decodePressure(text)).toEqual({
      some: { avg10: 1.5, avg60: 0.2, avg300: 0.03, totalMicros: 123_456n },
      full: { avg10: 0, avg60: 0.1, avg300: 0, totalMicros: 789n },
    });
  });

  it("takes a missing full line for none, and another text for no pressure at all", () => {
    expect(decodePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n")?.full.totalMicros).toBe(0n);
    expect(decodePressure("")).toBeUndefined();
    expect(decodePressure("some avg10=x avg60=0.00 avg300=0.00 total=1\n")).toBeUndefined();
  });
});

describe("decodeIoStat() and decodeBlkio()", () => {
  it("read the same counters from v2 and from v1", () => {
    const expected = [
      { major: 8, minor: 0, readBytes: 1n, writeBytes: 2n, reads: 3n, writes: 4n },
      { major: 259, minor: 1, readBytes: 5n, writeBytes: 0n, reads: 0n, writes: 0n },
    ];

    expect(decodeIoStat("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=9 dios=9\n259:1 rbytes=5\n7:0\n")).toEqual(
      expected,
    );
    expect(
      decodeBlkio("8:0 Read 1\n8:0 Write 2\n8:0 Sync 9\n259:1 Read 5\nTotal 8\n", "8:0 Read 3\n8:0 Write 4\nTotal 7\n"),
    ).toEqual(expected);
  });

  it("leaves out what names no device", () => {
    expect(decodeIoStat("sda rbytes=1\n8:0 rbytes=x\n")).toEqual([]);
  });
});
