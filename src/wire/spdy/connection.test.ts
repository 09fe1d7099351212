import { duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";
import { SpdyConnection } from "./connection.ts";
import { encodeDataHeader, encodeFlaggedControl, frameType } from "./frame.ts";
import { HeaderBlockWriter, type SpdyHeaders } from "./header-block.ts";
import type { SpdyStream } from "./stream.ts";

const headers: SpdyHeaders = new Map([["streamtype", ["data"]]]);

interface Pair {
  readonly client: SpdyConnection;
  readonly server: SpdyConnection;
  /** The server's side of the next stream that the client opens. */
  readonly accept: () => Promise<SpdyStream>;
  readonly closed: Promise<unknown>;
}

function connect(): Pair {
  const [near, far] = duplexPair({ highWaterMark: 64 * 1024 });
  const arrived: SpdyStream[] = [];
  const waiting: ((stream: SpdyStream) => void)[] = [];
  let close: (error: unknown) => void = () => undefined;
  const closed = new Promise<unknown>((resolve) => (close = resolve));
  const server = new SpdyConnection(far, {
    role: "server",
    onStream: (stream) => {
      const accept = waiting.shift();
      if (accept === undefined) arrived.push(stream);
      else accept(stream);
    },
    onClose: close,
  });
  const client = new SpdyConnection(near, { role: "client", onClose: () => undefined });
  const accept = (): Promise<SpdyStream> => {
    const stream = arrived.shift();
    return stream === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(stream);
  };
  return { client, server, accept, closed };
}

test("SpdyConnection carries streams both ways, and ends them one direction at a time", async () => {
  const { client, accept } = connect();
  const near = await client.open(headers);
  const far = await accept();

  near.end("question");
  const question = await text(far);
  far.end("answer");

  expect([question, await text(near)]).toEqual(["question", "answer"]);
});

test("SpdyConnection carries more than all windows", async () => {
  const { client, accept } = connect();
  const near = await client.open(headers);
  const far = await accept();
  const much = Buffer.alloc(5 * 1024 * 1024, "0123456789");

  near.end(much);
  far.end();
  const received = await buffer(far);

  expect(received.equals(much)).toBe(true);
});

test("a stream that nobody reads holds its window, and none of the other streams", async () => {
  const { client, accept } = connect();
  const stalled = await client.open(headers);
  const unread = await accept();
  const flowing = await client.open(headers);
  const read = await accept();

  await writeUntilFull(stalled);
  flowing.end(Buffer.alloc(2 * 1024 * 1024));
  read.end();

  expect((await buffer(read)).length).toBe(2 * 1024 * 1024);
  expect(unread.readableLength).toBeLessThanOrEqual(256 * 1024 + 64 * 1024);
});

/** Writes until the stream asks to wait and nothing moves any more. */
async function writeUntilFull(stream: SpdyStream): Promise<void> {
  while (stream.write(Buffer.alloc(32 * 1024))) await new Promise((resolve) => setImmediate(resolve));
}

test("a peer without windows is not read from while a stream is full, and again once it is read", async () => {
  const [near, far] = duplexPair();
  const streams: SpdyStream[] = [];
  const server = new SpdyConnection(far, {
    role: "server",
    onStream: (stream) => void streams.push(stream),
    onClose: () => undefined,
  });
  near.resume();
  near.write(openFrame(1));
  for (let count = 0; count < 40; count += 1) near.write(dataFrame(1, Buffer.alloc(16 * 1024)));
  await turns(50);
  const [stream] = streams;

  const held = stream?.readableLength ?? 0;
  const isPaused = far.isPaused();
  stream?.resume();
  await turns(200);

  expect({ isPaused, isBounded: held <= 128 * 1024 }).toEqual({ isPaused: true, isBounded: true });
  expect(far.isPaused()).toBe(false);
  server.destroy();
});

test("SpdyConnection does not pile up answers for a peer that does not read them", async () => {
  const [near, far] = duplexPair({ highWaterMark: 16 * 1024 });
  const server = new SpdyConnection(far, { role: "server", onClose: () => undefined });
  const pings = Buffer.concat(
    Array.from({ length: 1_000 }, () => encodeFlaggedControl(frameType.ping, 0, [1], Buffer.alloc(0))),
  );

  for (let count = 0; count < 200; count += 1) near.write(pings);
  await turns(100);

  expect(far.writableLength).toBeLessThan(1024 * 1024);
  expect(far.isPaused()).toBe(true);
  server.destroy();
});

test("destroying a stream resets it for the peer", async () => {
  const { client, accept } = connect();
  const near = await client.open(headers);
  const far = await accept();
  const end = finished(far).catch((error: unknown) => error);

  near.destroy();

  expect(await end).toMatchObject({ kind: "canceled", reason: { code: "wire.spdy-reset", status: 5 } });
});

test("the end of the transport breaks off what has not ended, and spares what had come whole", async () => {
  const { client, server, accept } = connect();
  const [whole, cut] = [await client.open(headers), await client.open(headers)];
  const [wholeFar, cutFar] = [await accept(), await accept()];

  wholeFar.end("all of it");
  cutFar.write("a part");
  await turns(5);
  server.end();
  const broken = finished(cut).then(
    () => undefined,
    (error: unknown) => error,
  );
  cut.resume();

  expect(await text(whole)).toBe("all of it");
  expect(await broken).toMatchObject({ kind: "unavailable" });
});

test("a peer that breaks the protocol ends the connection with the reason", async () => {
  const [near, far] = duplexPair();
  let reason: unknown;
  new SpdyConnection(far, { role: "server", onClose: (error) => (reason = error) });
  near.resume();

  near.write(Buffer.from([0x80, 9, 0, 1, 0, 0, 0, 0]));
  await turns(50);

  expect(reason).toMatchObject({ kind: "invalid" });
});

function openFrame(streamId: number): Buffer {
  const block = new HeaderBlockWriter().write(headers);
  return encodeFlaggedControl(frameType.synStream, 0, [streamId, 0], Buffer.concat([Buffer.alloc(2), block]));
}

function dataFrame(streamId: number, data: Buffer): Buffer {
  return Buffer.concat([encodeDataHeader(streamId, 0, data.length), data]);
}

/** Lets everything that is ready happen, so many times over. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a server that resets a stream when it is done with it has said all that came before, as those of Kubernetes do", async () => {
  const { client, server, accept } = connect();
  const near = await client.open(headers);
  const far = await accept();

  far.write("status");
  far.destroy();
  const said = await text(near);
  near.end("dropped");
  await finished(near);

  expect(said).toBe("status");
  server.destroy();
});
