import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Fault } from "#foundation";
import type { ProcessSession, WantedStreams } from "#spec";
import { FakeProcess } from "../fake/fake-process.ts";
import type { ProcessClient } from "./client.ts";
import { type ServeProcessOptions, serveProcess } from "./serve.ts";

const all: WantedStreams = { tty: false, stdin: true, stdout: true, stderr: true };

function createClient() {
  const gone = new AbortController();
  const events: string[] = [];
  const streams = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    resize: new PassThrough(),
    error: new PassThrough(),
  };
  const leave = (error: Error = new Fault("canceled", "the client has gone")): void => {
    events.push("left");
    for (const stream of Object.values(streams)) stream.on("error", () => undefined).destroy(error);
    gone.abort(error);
  };
  const client: ProcessClient = {
    ...streams,
    gone: gone.signal,
    end: () => void events.push("end"),
    destroy: (error) => leave(error),
  };
  return { client, streams, events, leave };
}

function serve(client: ProcessClient, played: FakeProcess, options: Partial<ServeProcessOptions> = {}): Promise<void> {
  return serveProcess(client, {
    hasStatusDocument: true,
    tellsExitCode: true,
    whenStalled: { kind: "wait" },
    open: () => Promise.resolve(played),
    ...options,
  });
}

test("serveProcess() carries both outputs, then the status, then ends", async () => {
  const { client, streams, events } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played);

  played.output.write("out");
  played.errors.write("err");
  played.exit(3);
  const [out, err, status] = await Promise.all([text(streams.stdout), text(streams.stderr), text(streams.error)]);
  await served;

  expect([out, err]).toEqual(["out", "err"]);
  expect(JSON.parse(status)).toMatchObject({ details: { causes: [{ message: "3" }] } });
  expect({ events, isClosed: played.isClosed }).toEqual({ events: ["end"], isClosed: true });
});

test("serveProcess() tells an attached client success, whatever the container's exit code", async () => {
  const { client, streams } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played, { tellsExitCode: false });

  played.exit(3);
  const [status] = await Promise.all([text(streams.error), text(streams.stdout), text(streams.stderr), served]);

  expect(JSON.parse(status)).toEqual({ metadata: {}, status: "Success" });
});

test("serveProcess() hands on input and its end, and sizes", async () => {
  const { client, streams } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played);

  streams.resize.write('{"Width":80,"Height":24}');
  streams.stdin.end("input");
  const input = await text(played.input);
  played.exit(0);
  await Promise.all([served, text(streams.stdout), text(streams.stderr), text(streams.error)]);

  expect({ input, sizes: played.sizes }).toEqual({ input: "input", sizes: [{ columns: 80, rows: 24 }] });
});

test("serveProcess() reads on when the process has closed its input", async () => {
  const { client, streams } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played);
  await nextTurn();
  played.input.destroy();

  for (let count = 0; count < 100; count += 1) streams.stdin.write(Buffer.alloc(16 * 1024));
  for (let turn = 0; turn < 200; turn += 1) await nextTurn();
  const left = streams.stdin.readableLength + streams.stdin.writableLength;
  played.exit(0);
  await Promise.all([served, text(streams.stdout), text(streams.stderr), text(streams.error)]);

  expect(left).toBe(0);
});

test("serveProcess() closes the session of a client that goes", async () => {
  const { client, leave } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played);
  await nextTurn();

  leave();

  await expect(served).rejects.toMatchObject({ kind: "canceled" });
  expect(played.isClosed).toBe(true);
});

test("serveProcess() closes a session that comes after its client has gone", async () => {
  const { client, leave } = createClient();
  const played = new FakeProcess(all);
  let open: (session: ProcessSession) => void = () => undefined;
  const served = serve(client, played, { open: () => new Promise((resolve) => (open = resolve)) });

  leave();
  open(played);

  await expect(served).rejects.toMatchObject({ kind: "canceled" });
  expect(played.isClosed).toBe(true);
});

test("serveProcess() tells why a process could not be started", async () => {
  const { client, streams, events } = createClient();
  const refusal = new Fault("wrong-state", "container c: it does not run");
  const served = serve(client, new FakeProcess(all), { open: () => Promise.reject(refusal) });

  const [status] = await Promise.all([text(streams.error), text(streams.stdout), text(streams.stderr), served]);

  expect(JSON.parse(status)).toMatchObject({ reason: "InternalError", message: refusal.message });
  expect(events).toEqual(["end"]);
});

test("serveProcess() lets a command wait for a client that does not read", async () => {
  const { client } = createClient();
  const played = new FakeProcess(all);
  void serve(client, played).catch(() => undefined);

  let written = 0;
  for (let turn = 0; turn < 200; turn += 1) {
    if (!played.output.writableNeedDrain) written += 16 * 1024;
    if (!played.output.writableNeedDrain) played.output.write(Buffer.alloc(16 * 1024));
    await nextTurn();
  }

  expect(written).toBeLessThan(512 * 1024);
});

test("serveProcess() never lets a container wait, and drops a client that is too far behind", async () => {
  const { client, events } = createClient();
  const played = new FakeProcess(all);
  const served = serve(client, played, { whenStalled: { kind: "drop", backlogBytes: 256 * 1024 } });
  served.catch(() => undefined);

  for (let turn = 0; turn < 40; turn += 1) {
    played.output.write(Buffer.alloc(16 * 1024));
    await nextTurn();
  }

  await expect(served).rejects.toMatchObject({ kind: "exhausted" });
  expect(events).toEqual(["left"]);
});
