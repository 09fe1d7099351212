import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCriLogLine, LogLineSplitter, parseRfc3339Nanos } from "./cri-log.ts";

const time = "2026-01-02T03:04:05.123456789Z";
const timeNanos = 1_767_323_045_123_456_789n;

describe("decodeCriLogLine()", () => {
  it("takes a full line apart", () => {
    const line = decodeCriLogLine(Buffer.from(`${time} stdout F hello  world\n`));

    expect(line).toEqual({
      timestampNanos: timeNanos,
      stream: "stdout",
      isPartial: false,
      content: Buffer.from("hello  world"),
    });
  });

  it("knows partial lines, further tags, stderr and empty content", () => {
    expect(decodeCriLogLine(Buffer.from(`${time} stderr P x`))).toMatchObject({ stream: "stderr", isPartial: true });
    expect(decodeCriLogLine(Buffer.from(`${time} stdout P:extra x`))).toMatchObject({ isPartial: true });
    expect(decodeCriLogLine(Buffer.from(`${time} stdout F \n`))).toMatchObject({ content: Buffer.alloc(0) });
  });

  it.each([
    "",
    "\n",
    time,
    `${time} stdout`,
    `${time} stdout F`,
    `${time} stdlog F x`,
    `${time} stdout X x`,
    "yesterday stdout F x",
  ])("refuses %j", (text) => {
    expect(decodeCriLogLine(Buffer.from(text))).toBeUndefined();
  });

  it("gives back what conmon and containerd write, whatever the content", () => {
    const stream = fc.constantFrom("stdout", "stderr");
    const content = fc.uint8Array().map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)));

    fc.assert(
      fc.property(stream, fc.boolean(), content, (name, isPartial, bytes) => {
        const head = Buffer.from(`${time} ${name} ${isPartial ? "P" : "F"} `);
        const line = decodeCriLogLine(Buffer.concat([head, bytes, Buffer.from("\n")]));
        expect(line).toEqual({ timestampNanos: timeNanos, stream: name, isPartial, content: bytes });
      }),
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => decodeCriLogLine(Buffer.from(bytes))).not.toThrow();
      }),
    );
  });
});

describe("parseRfc3339Nanos()", () => {
  it("reads zones and fractions of any length", () => {
    expect(parseRfc3339Nanos("2026-01-02T04:04:05.123456789+01:00")).toBe(timeNanos);
    expect(parseRfc3339Nanos("2026-01-01T21:34:05.123456789-05:30")).toBe(timeNanos);
    expect(parseRfc3339Nanos("1970-01-01T00:00:01Z")).toBe(1_000_000_000n);
    expect(parseRfc3339Nanos("1970-01-01T00:00:00.5Z")).toBe(500_000_000n);
  });

  it.each(["2026-02-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01 00:00:00Z"])(
    "refuses %s",
    (text) => {
      expect(parseRfc3339Nanos(text)).toBeUndefined();
    },
  );

  it("reads back every time that Date writes", () => {
    const date = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });

    fc.assert(
      fc.property(date, (when) => {
        expect(parseRfc3339Nanos(when.toISOString())).toBe(BigInt(when.getTime()) * 1_000_000n);
      }),
    );
  });
});

describe("LogLineSplitter", () => {
  it("gives the same lines however the bytes arrive", () => {
    const lines = fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))));

    fc.assert(
      fc.property(lines, fc.array(fc.nat(50)), (wanted, cuts) => {
        const bytes = Buffer.concat(wanted.flatMap((line) => [line, Buffer.from("\n")]));
        const splitter = new LogLineSplitter();
        const got: Buffer[] = [];
        let from = 0;
        for (const cut of cuts) {
          got.push(...splitter.push(bytes.subarray(from, from + cut)));
          from += cut;
        }
        got.push(...splitter.push(bytes.subarray(from)));
        expect(got.map((line) => line.subarray(0, -1))).toEqual(wanted);
        expect(splitter.end()).toBeUndefined();
      }),
    );
  });

  it("end() gives what came after the last newline", () => {
    const splitter = new LogLineSplitter();
    splitter.push(Buffer.from("a\nb"));

    expect(splitter.end()?.toString()).toBe("b");
    expect(splitter.end()).toBeUndefined();
  });

  it("gives a line that is too long away in pieces", () => {
    const splitter = new LogLineSplitter(4);

    const pieces = [...splitter.push(Buffer.from("abcdef")), ...splitter.push(Buffer.from("gh\n"))];

    expect(pieces.map(String)).toEqual(["abcdef", "gh\n"]);
  });
});
