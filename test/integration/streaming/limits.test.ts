import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { queryObjects } from "node:v8";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { openPortForward, openRemoteProcess, type StreamTransport } from "#client";
import { SpdyConnection, WebSocketChannels } from "#wire";
import { waitFor } from "../../support/wait-for.ts";
import { connectWeb } from "../sessions/web-client.ts";
import { aCommand, aSandbox, everything, startPlayedServer } from "./played-targets.ts";

const { signal } = new AbortController();
const transports: readonly StreamTransport[] = ["spdy", "websocket"];

/** A SPDY client that sends what it is told, frame by frame as it is. */
async function dialSpdyRaw(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const head = ["Connection: Upgrade", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: v4.channel.k8s.io"];
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: elsewhere\r\n${head.join("\r\n")}\r\n\r\n`);
  return socket;
}

function controlFrame(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** What a connection's first header block begins with: zlib's head, and the id of SPDY/3's dictionary. */
const zlibHead: Buffer = Buffer.from("78bbe3c6a7c2", "hex");

test("a header block that inflates without end is not inflated, and no process begins", async () => {
  await using place = await startPlayedServer();
  const socket = await dialSpdyRaw(place.server.execUrl(aCommand));
  const closed = once(socket.resume(), "close");
  const bomb = Buffer.concat([zlibHead, deflateRawSync(Buffer.alloc(12_000_000), { level: 9 })]);

  socket.write(controlFrame(1, Buffer.concat([words(1, 0), Buffer.alloc(2), bomb])));

  await closed;
  expect(bomb.length).toBeLessThan(16 * 1024);
  expect(place.began()).toBe(0);
});

test("a header block beyond maxHeaderBytes ends the connection, one below does not", async () => {
  await using place = await startPlayedServer({ maxHeaderBytes: 24 });
  const url = place.server.portForwardUrl({ sandboxId: aSandbox, ports: [] });
  const forward = await openPortForward({ url, transport: "spdy", signal });

  await expect(forward.connect(8080)).rejects.toMatchObject({ kind: "unavailable" });
  await forward.closed;
});

test("streams beyond maxStreams are refused, and those that are there go on", async () => {
  await using place = await startPlayedServer({ maxStreams: 4 });
  const url = place.server.portForwardUrl({ sandboxId: aSandbox, ports: [] });
  const forward = await openPortForward({ url, transport: "spdy", signal });
  const [first, second] = [await forward.connect(1), await forward.connect(2)];

  await expect(forward.connect(3)).rejects.toThrow(/reset/);
  first.data.end("one");
  second.data.end("two");

  expect(await Promise.all([text(first.data), text(second.data)])).toEqual(["one", "two"]);
  forward.close();
});

test("ports of one WebSocket beyond maxPorts are not connected", async () => {
  const asked: number[] = [];
  await using place = await startPlayedServer({ maxPorts: 2 }, ({ port }) => {
    asked.push(port);
    return Promise.resolve(Duplex.from(new PassThrough()));
  });
  const url = place.server.portForwardUrl({ sandboxId: aSandbox, ports: [] });

  const client = await connectWeb(`${url}?port=1,2,3&port=4`, "v4.channel.k8s.io");
  await waitFor("the connections", () => asked.length === 2);
  client.close();
  await client.closed;

  expect(asked).toEqual([1, 2]);
});

test("a client that opens a window beyond 31 bits is let go", async () => {
  await using place = await startPlayedServer();
  const socket = await dialSpdyRaw(place.server.execUrl(aCommand));
  const closed = once(socket.resume(), "close");
  const widened = controlFrame(9, words(0, 0x7fff_ffff));

  socket.write(Buffer.concat([widened, widened]));

  await closed;
  expect(place.began()).toBe(0);
});

test("a client that keeps to windows and sends more than it was allowed loses the stream", async () => {
  await using place = await startPlayedServer();
  const socket = await dialSpdyRaw(place.server.execUrl({ ...aCommand, stdout: false, stderr: false }));
  let said = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => (said = Buffer.concat([said, bytes])));
  const flowControlError = controlFrame(3, words(3, 7));

  socket.write(Buffer.concat([controlFrame(4, words(1, 7, 65_536)), ...tooMuchInput()]));

  expect(await waitFor("the reset", () => said.includes(flowControlError))).toBe(true);
  socket.destroy();
});

/** The error stream, standard input, and 1 MiB on it at once. */
function tooMuchInput(): readonly Buffer[] {
  const headers = (value: string): Buffer =>
    Buffer.concat([words(1, 10), Buffer.from("streamtype"), words(value.length), Buffer.from(value)]);
  const open = (streamId: number, block: Buffer): Buffer =>
    controlFrame(1, Buffer.concat([words(streamId, 0), Buffer.alloc(2), block]));
  const syncMarker = 2; // Z_SYNC_FLUSH: blocks of one connection are one stream of deflate
  const error = deflateRawSync(headers("error"), { finishFlush: syncMarker });
  const stdin = deflateRawSync(headers("stdin"), { finishFlush: syncMarker });
  const input = Buffer.concat([words(3, 1_048_576), Buffer.alloc(1_048_576)]);
  return [open(1, Buffer.concat([zlibHead, error])), open(3, stdin), input];
}

test.each(transports)("sessions over %s that have ended hold neither objects nor timers", async (transport) => {
  await using place = await startPlayedServer();
  const run = async (): Promise<void> => {
    const url = place.server.execUrl(aCommand);
    const remote = await openRemoteProcess({ url, transport, ...everything, signal });
    const played = await place.nextProcess();
    played.output.write(Buffer.alloc(100_000));
    remote.stdout?.resume();
    remote.stderr?.resume();
    played.exit(0);
    await remote.exitCode;
    remote.close();
  };
  await run();
  const timersBefore = countTimers();

  for (let count = 0; count < 50; count += 1) await run();

  const isGone = (): boolean => countSessions() <= 2 && countTimers() <= timersBefore;
  expect(await waitFor("what the sessions were made of to go", isGone)).toBe(true);
});

/** Live connections of either side, after a collection of garbage. */
function countSessions(): number {
  return [SpdyConnection, WebSocketChannels]
    .map((made) => queryObjects(made, { format: "count" }) as unknown as number)
    .reduce((sum, count) => sum + count);
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
