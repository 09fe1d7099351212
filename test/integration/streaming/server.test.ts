import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openPortForward, openRemoteProcess, type RemoteProcess, type StreamTransport } from "#client";
import { Fault } from "#foundation";
import { waitFor } from "../../support/wait-for.ts";
import { aCommand, aContainer, aSandbox, everything, startPlayedServer } from "./played-targets.ts";

const { signal } = new AbortController();
const transports: readonly StreamTransport[] = ["spdy", "websocket"];

function open(url: string, transport: StreamTransport, changes: Partial<typeof aCommand> = {}): Promise<RemoteProcess> {
  return openRemoteProcess({ url, transport, ...everything, signal, ...changes });
}

async function bytesOf(stream: Readable | undefined): Promise<Buffer> {
  return stream === undefined ? Buffer.alloc(0) : buffer(stream);
}

async function read(stream: Readable | undefined): Promise<string> {
  return (await bytesOf(stream)).toString();
}

/** A client that sends what it is told, byte by byte as it is. */
async function dialRaw(url: string, head = ""): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(head);
  return socket;
}

function spdyHead(url: string): string {
  const { pathname } = new URL(url);
  return (
    `POST ${pathname} HTTP/1.1\r\nHost: elsewhere\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n` +
    "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
  );
}

/** A WebSocket client that does not answer the server's end with its own. */
async function dialHoldingOn(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on("error", () => undefined);
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: elsewhere\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`,
  );
  await once(socket, "connect");
  return socket;
}

test.each(transports)("exec over %s carries input, both outputs, sizes and the exit code", async (transport) => {
  await using place = await startPlayedServer();
  const remote = await open(place.server.execUrl(aCommand), transport);
  const played = await place.nextProcess();

  remote.stdin?.end("input");
  const input = await text(played.input);
  played.output.write("out");
  played.errors.write("err");
  played.exit(7);

  const said = await Promise.all([read(remote.stdout), read(remote.stderr), remote.exitCode]);
  expect([input, ...said]).toEqual(["input", "out", "err", 7]);
});

test.each(transports)("a terminal over %s has the size that the client says", async (transport) => {
  await using place = await startPlayedServer();
  const wanted = { tty: true, stderr: false };
  const remote = await open(place.server.execUrl({ ...aCommand, ...wanted }), transport, wanted);
  const played = await place.nextProcess();

  remote.resize({ columns: 132, rows: 50 });

  await waitFor("the size", () => played.sizes.length > 0);
  expect(played.sizes).toEqual([{ columns: 132, rows: 50 }]);
  remote.close();
});

test.each(transports)("a client over %s that goes ends the session", async (transport) => {
  await using place = await startPlayedServer();
  const remote = await open(place.server.execUrl(aCommand), transport);
  const played = await place.nextProcess();

  remote.close();

  expect(await waitFor("the session to close", () => played.isClosed())).toBe(true);
});

test.each(transports)("much output over %s arrives whole", async (transport) => {
  await using place = await startPlayedServer();
  const remote = await open(place.server.execUrl(aCommand), transport);
  const played = await place.nextProcess();
  const much = randomBytes(8 * 1024 * 1024);

  played.output.write(much);
  played.exit(0);

  expect((await bytesOf(remote.stdout)).equals(much)).toBe(true);
});

test("200 sessions at once end without an error", async () => {
  await using place = await startPlayedServer();
  const sessions = Array.from({ length: 200 }, async (_, index) => {
    const remote = await open(place.server.execUrl(aCommand), transports[index % 2] ?? "spdy");
    const played = await place.nextProcess();
    played.output.write("done");
    played.exit(index % 100);
    return [await read(remote.stdout), (await remote.exitCode) < 100];
  });

  expect(await Promise.all(sessions)).toEqual(Array.from({ length: 200 }, () => ["done", true]));
});

test.each(transports)("a command waits for a client over %s that does not read", async (transport) => {
  await using place = await startPlayedServer();
  const remote = await open(place.server.execUrl(aCommand), transport);
  const played = await place.nextProcess();
  remote.stdout?.pause();

  const written = await writeUntilStill(played.output);

  expect(written).toBeLessThan(32 * 1024 * 1024);
  remote.close();
});

/** Writes until nothing is taken for a while; returns how much was. */
async function writeUntilStill(
  output: NodeJS.WritableStream & { readonly writableNeedDrain: boolean },
): Promise<number> {
  let written = 0;
  const hasDrained = async (): Promise<boolean> =>
    waitFor("room", () => !output.writableNeedDrain, { timeoutMs: 500 }).catch(() => false);
  while (written < 64 * 1024 * 1024 && (await hasDrained())) {
    while (output.write(Buffer.alloc(64 * 1024))) written += 64 * 1024;
    written += 64 * 1024;
  }
  return written;
}

test("a container never waits for an attached client: it is dropped when it is too far behind", async () => {
  await using place = await startPlayedServer({ attachBacklogBytes: 256 * 1024 });
  const remote = await open(place.server.attachUrl({ containerId: aContainer, ...everything }), "spdy");
  const played = await place.nextProcess();
  remote.stdout?.pause();

  await waitFor("the client to be dropped", () => {
    if (!played.output.destroyed) played.output.write(Buffer.alloc(256 * 1024));
    return played.isClosed();
  });

  await expect(remote.exitCode).rejects.toBeInstanceOf(Fault);
});

test("a client that we do not read from is missed when it goes", async () => {
  await using place = await startPlayedServer({ heartbeatMs: 50 });
  const url = place.server.execUrl(aCommand);
  const remote = await open(url, "websocket");
  const played = await place.nextProcess();
  const stdin = remote.stdin;
  while (stdin?.write(Buffer.alloc(64 * 1024)) === true) await waitFor("the next turn", () => true);

  await waitFor("the writer to be held", () => stdin?.writableNeedDrain);
  remote.close();

  expect(await waitFor("the session to close", () => played.isClosed())).toBe(true);
});

test.each(transports)(
  "connections are forwarded over %s, many at once and one direction at a time",
  async (transport) => {
    await using place = await startPlayedServer();
    const url = place.server.portForwardUrl({ sandboxId: aSandbox, ports: [] });
    const forward = await openPortForward({ url, transport, signal });

    const answers = Array.from({ length: 100 }, async (_, index) => {
      const { data, outcome } = await forward.connect(8080);
      data.end(`request ${index}`);
      const answer = await text(data);
      await outcome;
      return answer;
    });

    expect(await Promise.all(answers)).toEqual(Array.from({ length: 100 }, (_, index) => `request ${index}`));
    forward.close();
  },
);

test("a port where nobody listens is told, and the other connections go on", async () => {
  await using place = await startPlayedServer({}, ({ port }) =>
    port === 1 ? Promise.reject(new Fault("unavailable", "connection refused")) : Promise.resolve(new PassThrough()),
  );
  const url = place.server.portForwardUrl({ sandboxId: aSandbox, ports: [] });
  const forward = await openPortForward({ url, transport: "spdy", signal });

  const refused = await forward.connect(1);
  const { data } = await forward.connect(2);
  data.end("still here");

  await expect(refused.outcome).rejects.toThrow("error forwarding port 1: connection refused");
  expect(await text(data)).toBe("still here");
  forward.close();
});

test("a URL works once, and what was never given out works never", async () => {
  await using place = await startPlayedServer();
  const url = place.server.execUrl(aCommand);
  const remote = await open(url, "spdy");

  const refusals = [url, `${url}x`, url.replace("/exec/", "/attach/"), new URL("/exec/none", url).href];

  for (const refused of refusals) await expect(open(refused, "spdy")).rejects.toMatchObject({ kind: "not-found" });
  remote.close();
});

test("a URL is void after its time, and no more wait than allowed", async () => {
  await using place = await startPlayedServer({ tokenLifeMs: 50, maxTokens: 2 });
  const urls = [place.server.execUrl(aCommand), place.server.execUrl(aCommand)];

  expect(() => place.server.execUrl(aCommand)).toThrow(expect.objectContaining({ kind: "exhausted" }));
  const next = await waitFor("the first ones to be void", () => {
    try {
      return place.server.execUrl(aCommand);
    } catch {
      return undefined; // still too many
    }
  });

  await expect(open(urls[0] ?? "", "spdy")).rejects.toMatchObject({ kind: "not-found" });
  const remote = await open(next, "spdy");
  remote.close();
});

test("a client that does not open its streams in time is let go, and no process begins", async () => {
  await using place = await startPlayedServer({ creationTimeoutMs: 100 });
  const url = place.server.execUrl(aCommand);
  const socket = await dialRaw(url, spdyHead(url));
  socket.resume();

  await once(socket, "close");

  expect(place.began()).toBe(0);
});

test("a client that does not hang up after the last byte is hung up on", async () => {
  await using place = await startPlayedServer({ lingerMs: 100 });
  const url = place.server.execUrl(aCommand);
  const client = await dialHoldingOn(url);
  const played = await place.nextProcess();

  played.exit(0);

  await once(client.resume(), "end");
  // Who still holds on hears of the end only by what becomes of its own bytes.
  expect(await waitFor("the connection to be gone", () => client.destroyed || (client.write("."), false))).toBe(true);
});

test("a session without a byte is ended after the idle timeout", async () => {
  await using place = await startPlayedServer({ idleTimeoutMs: 100 });
  const remote = await open(place.server.execUrl(aCommand), "spdy");
  const played = await place.nextProcess();

  await waitFor("the session to close", () => played.isClosed());
  await expect(remote.exitCode).rejects.toMatchObject({ kind: "unavailable" });
});

test("a thousand half-open upgrades are let go, and others are served meanwhile", async () => {
  await using place = await startPlayedServer({ handshakeTimeoutMs: 500, maxConnections: 1_100 });
  const url = place.server.execUrl(aCommand);
  const halves = await Promise.all(
    Array.from({ length: 1_000 }, () => dialRaw(url, "POST /exec/none HTTP/1.1\r\nConnection: Upgrade\r\n")),
  );
  const closed = halves.map((socket) => once(socket.resume(), "close"));

  const remote = await open(url, "websocket");
  (await place.nextProcess()).exit(0);

  expect(await remote.exitCode).toBe(0);
  await Promise.all(closed);
});

test("connections beyond the limit are refused", async () => {
  await using place = await startPlayedServer({ maxConnections: 1 });
  const url = place.server.execUrl(aCommand);
  const first = await dialRaw(url);
  const second = await dialRaw(url);

  await once(second.resume(), "close");

  expect(first.closed).toBe(false);
  first.destroy();
});

test.each([
  ["garbage", Buffer.from([0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ["a control frame of 16 MiB", Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff])],
  [
    "a header block that is none",
    Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ],
])("a client that sends %s is let go, and no process begins", async (_what, bytes) => {
  await using place = await startPlayedServer();
  const url = place.server.execUrl(aCommand);
  const socket = await dialRaw(url, spdyHead(url));
  const closed = once(socket.resume(), "close");

  socket.write(bytes);

  await closed;
  expect(place.began()).toBe(0);
});

test("closing the server ends the sessions and voids the URLs", async () => {
  const place = await startPlayedServer();
  const remote = await open(place.server.execUrl(aCommand), "spdy");
  const played = await place.nextProcess();

  await place.server.close();

  await expect(remote.exitCode).rejects.toMatchObject({ kind: "unavailable" });
  expect(played.isClosed()).toBe(true);
});

test("a request without an upgrade is told so", async () => {
  await using place = await startPlayedServer();

  const answer = await fetch(place.server.execUrl(aCommand));

  expect(answer.status).toBe(400);
});
