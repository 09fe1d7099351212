import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Fault } from "#foundation";
import { OutputStream } from "./output-stream.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

async function textOf(output: OutputStream): Promise<string> {
  return Buffer.concat((await output.toArray()) as Buffer[]).toString();
}

test("an output ends with its source", async () => {
  const source = new PassThrough();
  const output = new OutputStream(source);

  source.end("all of it");

  expect(await textOf(output)).toBe("all of it");
});

test("an output ends whose source had ended before", async () => {
  const source = new PassThrough();
  source.resume().end();
  await finished(source);

  expect(await textOf(new OutputStream(source))).toBe("");
});

test("an output that somebody keeps open ends a moment after the process", async () => {
  const source = new PassThrough();
  const output = new OutputStream(source);
  source.write("last words");
  const read = textOf(output);

  output.processEnded();
  await vi.advanceTimersByTimeAsync(400);

  expect(await read).toBe("last words");
  expect(source.destroyed).toBe(true);
});

test("an output that somebody goes on writing to ends all the same", async () => {
  const source = new PassThrough();
  const output = new OutputStream(source);
  const writing = setInterval(() => source.write("x"), 50);
  const read = textOf(output);

  output.processEnded();
  await vi.advanceTimersByTimeAsync(2_100);
  clearInterval(writing);

  expect((await read).length).toBeGreaterThan(30);
});

test("an output waits for a client that does not read", async () => {
  const source = new PassThrough();
  const output = new OutputStream(source);
  for (let count = 0; count < 10; count += 1) source.write(Buffer.alloc(65_536));
  await vi.advanceTimersByTimeAsync(0);

  output.processEnded();
  await vi.advanceTimersByTimeAsync(60_000);
  source.end();

  expect(await textOf(output)).toHaveLength(655_360);
});

test("an output fails with its source", async () => {
  const source = new PassThrough();
  const output = new OutputStream(source);
  const failed = new Promise((resolve) => output.once("error", resolve));

  source.destroy(new Fault("broken", "no more"));

  expect(await failed).toMatchObject({ message: "no more" });
});
