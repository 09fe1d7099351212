import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ExecLog } from "./exec-log.ts";

const ended = '{"level":"debug","msg":"process exited","pid":42,"status":7}\n';
const failed = '{"level":"error","msg":"exec failed"}\n';

describe("ExecLog", () => {
  it("tells the exit code as soon as it is logged, also when the line comes in pieces", async () => {
    const stream = new PassThrough();
    const log = new ExecLog(stream);

    stream.write(`{"level":"debug","msg":"x"}\n${ended.slice(0, 20)}`);
    stream.write(ended.slice(20));

    await expect(log.commandEnded).resolves.toBe(7);
  });

  it("tells why the runtime failed", async () => {
    const stream = new PassThrough();
    const log = new ExecLog(stream);

    stream.end(failed);

    await expect(log.failure()).resolves.toBe("exec failed");
  });

  it("counts no error once the command has run", async () => {
    const stream = new PassThrough();
    const log = new ExecLog(stream);

    stream.end(ended + failed);

    await expect(log.failure()).resolves.toBeUndefined();
  });
});
