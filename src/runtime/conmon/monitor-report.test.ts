import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { collectText, readMonitorReport } from "./monitor-report.ts";

describe("readMonitorReport()", () => {
  it("reads one line, whatever pieces it comes in", async () => {
    const pipe = new PassThrough();
    const reading = readMonitorReport(pipe);

    pipe.write('{"data": -1, "mess');
    pipe.write('age": "no"}\n{"data": 5}\n');

    await expect(reading).resolves.toEqual({ data: -1, message: "no" });
  });

  it.each(["", '{"data": 1}', "nonsense\n"])("finds no report in %j", async (text) => {
    const pipe = new PassThrough();
    const reading = readMonitorReport(pipe);

    pipe.end(text);

    await expect(reading).resolves.toBeUndefined();
  });

  it("gives up on a line without end", async () => {
    const pipe = new PassThrough();
    const reading = readMonitorReport(pipe);

    pipe.write(Buffer.alloc(100_000, "x"));

    await expect(reading).resolves.toBeUndefined();
  });
});

describe("collectText()", () => {
  it("keeps the beginning", async () => {
    const stream = new PassThrough();
    const collecting = collectText(stream, 4);

    stream.write("abc");
    stream.end("def");

    await expect(collecting).resolves.toBe("abcd");
  });
});
