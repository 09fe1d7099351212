import { duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChannelFormat, ChannelReader, encodeChannelData } from "./channel.ts";
import { WebSocketChannels } from "./channels.ts";
import { WebSocketTunnel } from "./tunnel.ts";

const binary: ChannelFormat = { encoding: "binary", hasClose: false };
const base64: ChannelFormat = { encoding: "base64", hasClose: false };
const binaryWithClose: ChannelFormat = { encoding: "binary", hasClose: true };

function connect(format: ChannelFormat) {
  const [near, far] = duplexPair({ highWaterMark: 64 * 1024 });
  const channels = [0, 1, 2];
  const closed: (Error | undefined)[] = [];
  const client = new WebSocketChannels(near, { role: "client", format, channels, onClose: () => undefined });
  const server = new WebSocketChannels(far, {
    role: "server",
    format,
    channels,
    onClose: (error) => void closed.push(error),
  });
  return { client, server, far, closed };
}

test.each([["binary", binary] as const, ["base64", base64] as const])(
  "%s channels give back what was put in, in any pieces",
  (_name, format) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.uint8Array({ maxLength: 50 })), { maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        (messages, step) => {
          const received = messages.map(([channel]) => [channel, ""]);
          let index = 0;
          const reader = new ChannelReader(format, {
            data: (channel, bytes) => {
              const entry = received[index] ?? [];
              entry[0] = channel;
              entry[1] = `${entry[1] ?? ""}${bytes.toString("latin1")}`;
            },
            ended: () => undefined,
          });
          for (const [channel, bytes] of messages) {
            const wire = Buffer.concat(encodeChannelData(format, channel, Buffer.from(bytes)).parts);
            reader.begin();
            for (let at = 0; at < wire.length; at += step) reader.bytes(wire.subarray(at, at + step));
            reader.end();
            index += 1;
          }

          expect(received).toEqual(
            messages.map(([channel, bytes]) => [channel, Buffer.from(bytes).toString("latin1")]),
          );
        },
      ),
    );
  },
);

test.each(["0a", "0abc", "0a$==", "0YQ==YQ==", "0=aaa"])("base64 channels refuse %j", (message) => {
  const reader = new ChannelReader(base64, { data: () => undefined, ended: () => undefined });

  expect(() => {
    reader.begin();
    reader.bytes(Buffer.from(message));
    reader.end();
  }).toThrow(/base64/);
});

test("WebSocketChannels carries channels both ways", async () => {
  const { client, server } = connect(binary);

  client.channel(0)?.write("to the server");
  server.channel(1)?.write("to the client");
  const [input, output] = [server.channel(0), client.channel(1)];

  expect([String(await once(input)), String(await once(output))]).toEqual(["to the server", "to the client"]);
});

test("a client of version 5 can end one channel and read on", async () => {
  const { client, server } = connect(binaryWithClose);

  client.channel(0)?.end("all");
  const all = await text(present(server.channel(0)));
  server.channel(1)?.write("still here");

  expect([all, String(await once(client.channel(1)))]).toEqual(["all", "still here"]);
});

test("a channel that nobody reads stops the connection, and lets it go on once it is read", async () => {
  const { client, server, far } = connect(binary);
  const [input, sink] = [present(client.channel(0)), present(server.channel(0))];
  const much = Buffer.alloc(4 * 1024 * 1024, "0123456789");

  for (let at = 0; at < much.length; at += 32 * 1024) input.write(much.subarray(at, at + 32 * 1024));
  await turns(50);
  const [isPaused, held] = [far.isPaused(), sink.readableLength];
  let received = 0;
  for await (const bytes of sink) {
    received += (bytes as Buffer).length;
    if (received === much.length) break;
  }

  expect({ isPaused, isBounded: held < 256 * 1024, received }).toEqual({
    isPaused: true,
    isBounded: true,
    received: much.length,
  });
});

test("a client that hangs up breaks off what has not ended", async () => {
  const { client, server, closed } = connect(binary);
  const input = present(server.channel(0));

  client.end();
  await turns(20);

  expect(closed).toEqual([undefined]);
  expect(input.errored).toMatchObject({ kind: "unavailable" });
});

test("WebSocketTunnel carries a byte stream, and its end", async () => {
  const [near, far] = duplexPair();
  const client = new WebSocketTunnel(near, "client");
  const server = new WebSocketTunnel(far, "server");
  const much = Buffer.alloc(1024 * 1024, "0123456789");

  client.end(much);
  const received = await buffer(server);

  expect(received.equals(much)).toBe(true);
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the channel is not there");
  return value;
}

async function once(stream: AsyncIterable<unknown> | undefined): Promise<unknown> {
  for await (const piece of present(stream)) return piece;
  return undefined;
}

/** Lets everything that is ready happen, so many times over. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
