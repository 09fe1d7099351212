import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { ResponseSchema } from "#proto/ttrpc/ttrpc_pb.js";
import { TtrpcClient, type TtrpcRequest } from "./client.ts";
import { encodeTtrpcFrame, frameType } from "./frame.ts";
import { maxCallsUnderWay, maxMessageBytes, maxMessagesWaiting } from "./limits.ts";
import { type TtrpcHandlers, TtrpcServer, type TtrpcServerCall } from "./server.ts";

const echo: TtrpcHandlers = { unary: async ({ payload }) => payload };

function connect(handlers: TtrpcHandlers = echo): { client: TtrpcClient; server: TtrpcServer; wire: Duplex } {
  const [ours, theirs] = duplexPair();
  // As on a socket: whoever ends its side ends the other's.
  ours.once("close", () => theirs.destroy());
  theirs.once("close", () => ours.destroy());
  return { client: new TtrpcClient(ours), server: new TtrpcServer(theirs, handlers), wire: ours };
}

/** A client whose server is the test. */
function clientOf(): { client: TtrpcClient; peer: Duplex } {
  const [ours, peer] = duplexPair();
  return { client: new TtrpcClient(ours), peer };
}

function request(text: string, changes: Partial<TtrpcRequest> = {}): TtrpcRequest {
  return { service: "test.Echo", method: "Say", payload: Buffer.from(text), ...changes };
}

function responseFrame(streamId: number, text: string): Buffer {
  const payload = toBinary(ResponseSchema, create(ResponseSchema, { payload: Buffer.from(text) }));
  return encodeTtrpcFrame({ streamId, type: frameType.response, flags: 0, payload });
}

async function nextChunk(stream: Duplex): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  stream.once("data", resolve);
  return await promise;
}

describe("a ttrpc call", () => {
  it("is answered", async () => {
    const { client } = connect();

    await expect(client.call(request("hello"))).resolves.toEqual(Buffer.from("hello"));
  });

  it("reaches the handler with all it was given", async () => {
    const seen = Promise.withResolvers<TtrpcServerCall>();
    const { client } = connect({
      unary: async (call) => {
        seen.resolve(call);
        return Buffer.alloc(0);
      },
    });

    await client.call(request("x", { timeoutMs: 2_500, metadata: { "containerd-namespace-ttrpc": "k8s.io" } }));

    await expect(seen.promise).resolves.toMatchObject({
      service: "test.Echo",
      method: "Say",
      timeoutMs: 2_500,
      metadata: { "containerd-namespace-ttrpc": "k8s.io" },
    });
  });

  it("finds its own answer among others that come in another order", async () => {
    const gates = new Map(["a", "b", "c"].map((name) => [name, Promise.withResolvers<Buffer>()]));
    const { client } = connect({
      unary: async ({ payload }) => (await gates.get(payload.toString())?.promise) ?? payload,
    });
    const calls = ["a", "b", "c"].map((name) => client.call(request(name)));

    for (const name of ["c", "a", "b"]) gates.get(name)?.resolve(Buffer.from(`for ${name}`));

    await expect(Promise.all(calls)).resolves.toEqual(["for a", "for b", "for c"].map((text) => Buffer.from(text)));
  });

  it("fails with the kind and the words of the server's status", async () => {
    const { client } = connect({
      unary: async () => {
        throw new Fault("not-found", "container x: not there");
      },
    });

    await expect(client.call(request("x"))).rejects.toMatchObject({
      kind: "not-found",
      message: "container x: not there",
      reason: { code: "wire.ttrpc-status", status: 5 },
    });
  });

  it("ends with its signal, and the late answer is nobody's", async () => {
    const gate = Promise.withResolvers<Buffer>();
    const { client } = connect({ unary: async ({ payload }) => (payload.length === 0 ? gate.promise : payload) });
    const abort = new AbortController();
    const call = client.call(request(""), { signal: abort.signal });

    abort.abort(new Fault("canceled", "enough"));

    await expect(call).rejects.toMatchObject({ kind: "canceled" });
    gate.resolve(Buffer.from("late"));
    await expect(client.call(request("next"))).resolves.toEqual(Buffer.from("next"));
  });

  it("does not begin for a caller that has given up", async () => {
    const { client } = connect();

    const call = client.call(request("x"), { signal: AbortSignal.abort(new Fault("canceled", "before")) });

    await expect(call).rejects.toThrow("before");
  });

  it("fails when the connection ends before the answer", async () => {
    const { client, peer } = clientOf();
    const call = client.call(request("x"));

    peer.end();

    await expect(call).rejects.toMatchObject({ kind: "unavailable", reason: { code: "wire.connection-lost" } });
    await expect(client.closed).resolves.toBeUndefined();
    await expect(client.call(request("y"))).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("fails when the answer is cut off", async () => {
    const { client, peer } = clientOf();
    const call = client.call(request("x"));

    peer.end(responseFrame(1, "whole").subarray(0, 12));

    await expect(call).rejects.toMatchObject({ cause: { message: "ttrpc: it ended within a frame" } });
  });

  it.each([maxMessageBytes, maxMessageBytes + 1])("cannot ask with %d bytes of payload and its own", async (bytes) => {
    const { client } = connect();

    const call = client.call(request("", { payload: Buffer.alloc(bytes) }));

    await expect(call).rejects.toMatchObject({ kind: "exhausted", reason: { code: "wire.ttrpc-too-long" } });
    await expect(client.call(request("next"))).resolves.toEqual(Buffer.from("next"));
  });

  it("carries almost 4 MiB both ways", async () => {
    const { client } = connect();
    const payload = Buffer.alloc(maxMessageBytes - 100, 7);

    const answer = await client.call(request("", { payload }));

    expect(answer.equals(payload)).toBe(true);
  });

  it("fails alone when its answer is too long for a frame", async () => {
    const { client } = connect({
      unary: async ({ payload }) => (payload.length === 0 ? Buffer.alloc(maxMessageBytes) : payload),
    });

    await expect(client.call(request(""))).rejects.toMatchObject({ kind: "exhausted" });
    await expect(client.call(request("next"))).resolves.toEqual(Buffer.from("next"));
  });
});

describe("a hostile server", () => {
  it("may not answer with data what is no stream", async () => {
    const { client, peer } = clientOf();
    const call = client.call(request("x"));

    peer.write(encodeTtrpcFrame({ streamId: 1, type: frameType.data, flags: 0, payload: Buffer.from("x") }));

    await expect(call).rejects.toMatchObject({ kind: "invalid", reason: { code: "wire.bad-ttrpc" } });
  });

  it.each([
    ["a frame of no known type", 9, Buffer.from("x")],
    ["a response that is no message", frameType.response, Buffer.from([0xff, 0xff, 0xff])],
  ])("ends the connection with %s", async (_what, type, payload) => {
    const { client, peer } = clientOf();
    const call = client.call(request("x"));

    peer.write(encodeTtrpcFrame({ streamId: 1, type, flags: 0, payload }));

    await expect(call).rejects.toMatchObject({ kind: "unavailable", cause: { reason: { code: "wire.bad-ttrpc" } } });
  });

  it("does no harm with answers that nobody asked for", async () => {
    const { client, peer } = clientOf();
    peer.write(responseFrame(77, "surprise"));
    const call = client.call(request("x"));

    await nextChunk(peer);
    peer.write(responseFrame(1, "answer"));

    await expect(call).resolves.toEqual(Buffer.from("answer"));
  });

  it("costs no memory with an answer of 4 GiB", async () => {
    const { client, peer } = clientOf();
    const call = client.call(request("x"));
    const head = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, frameType.response, 0]);

    peer.write(head);

    await expect(call).rejects.toMatchObject({ kind: "exhausted", reason: { bytes: 0xffff_ffff } });
  });
});

describe("a hostile client", () => {
  async function isClosedAfter(bytes: Buffer): Promise<boolean> {
    const { wire } = connect();
    const closed = new Promise<boolean>((resolve) => wire.once("close", () => resolve(true)));
    wire.write(bytes);
    return await closed;
  }

  const question = (streamId: number): Buffer =>
    encodeTtrpcFrame({ streamId, type: frameType.request, flags: 0, payload: Buffer.alloc(0) });

  it.each([
    ["a stream of an even number", question(2)],
    ["a stream that it had before", Buffer.concat([question(5), question(5)])],
    ["a stream of a lower number", Buffer.concat([question(5), question(3)])],
    ["a response", encodeTtrpcFrame({ streamId: 1, type: frameType.response, flags: 0, payload: Buffer.alloc(0) })],
  ])("loses its connection with %s", async (_what, bytes) => {
    await expect(isClosedAfter(bytes)).resolves.toBe(true);
  });

  it("hears that its request is no message", async () => {
    const { client, wire } = connect();
    wire.write(encodeTtrpcFrame({ streamId: 1, type: frameType.request, flags: 0, payload: Buffer.from([0xff]) }));

    // The client's own first stream is the one that the bytes above have used.
    await expect(client.call(request("x"))).rejects.toMatchObject({ kind: "invalid" });
  });

  it("has only so many calls under way", async () => {
    const gate = Promise.withResolvers<Buffer>();
    const { client } = connect({ unary: () => gate.promise });
    const calls = Array.from({ length: maxCallsUnderWay }, () => client.call(request("x")));

    await expect(client.call(request("one more"))).rejects.toMatchObject({ kind: "exhausted" });
    gate.resolve(Buffer.from("done"));

    await expect(Promise.all(calls)).resolves.toHaveLength(maxCallsUnderWay);
  });

  it("ends the calls of a connection that it leaves", async () => {
    const ended = Promise.withResolvers<unknown>();
    const { client } = connect({
      unary: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended.resolve(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    const call = client.call(request("x"));

    client.close();

    await expect(call).rejects.toMatchObject({ kind: "unavailable" });
    await expect(ended.promise).resolves.toMatchObject({ reason: { code: "wire.connection-lost" } });
  });
});

describe("a ttrpc stream", () => {
  const upper: TtrpcHandlers = {
    ...echo,
    stream: async ({ payload }, stream) => {
      if (payload.length > 0) stream.write(payload);
      for await (const message of stream) stream.write(Buffer.from(String(message).toUpperCase()));
    },
  };

  it("carries messages both ways until both have ended", async () => {
    const { client } = connect(upper);
    const stream = client.stream(request("first"), "open");

    for (const word of ["one", "two"]) stream.write(Buffer.from(word));
    stream.end();
    const answers = (await stream.toArray()) as Buffer[];

    expect(answers.map(String)).toEqual(["first", "ONE", "TWO"]);
  });

  it("may be one of the server's messages alone", async () => {
    const { client } = connect(upper);

    const answers = (await client.stream(request("only"), "closed").toArray()) as Buffer[];

    expect(answers.map(String)).toEqual(["only"]);
  });

  it("fails with the server's status", async () => {
    const { client } = connect({
      ...echo,
      stream: async () => {
        throw new Fault("denied", "not for you");
      },
    });

    await expect(client.stream(request("x"), "open").toArray()).rejects.toMatchObject({ kind: "denied" });
  });

  it("is refused where there are none", async () => {
    const { client } = connect();

    await expect(client.stream(request("x"), "open").toArray()).rejects.toMatchObject({ kind: "unsupported" });
  });

  it("whose reader stops holds the sender, and goes on with the reader", async () => {
    const count = 200;
    const { client, wire } = connect({
      ...echo,
      stream: async (_call, stream) => {
        for (let sent = 0; sent < count; sent += 1) stream.write(Buffer.from(String(sent)));
      },
    });
    const stream = client.stream(request(""), "closed");
    await once(wire, "pause");
    const held = stream.readableLength;

    const all = (await stream.toArray()) as Buffer[];

    expect(held).toBeLessThanOrEqual(maxMessagesWaiting);
    expect(all).toHaveLength(count);
    await expect(client.call(request("still"))).resolves.toEqual(Buffer.from("still"));
  });
});

describe("a connection whose other end has gone", () => {
  it("is let go of by the client", async () => {
    const [ours, peer] = duplexPair({ allowHalfOpen: true });
    const client = new TtrpcClient(ours);

    peer.end();
    await client.closed;

    expect(ours.destroyed).toBe(true);
  });

  it("is let go of by the server", async () => {
    const [ours, peer] = duplexPair({ allowHalfOpen: true });
    new TtrpcServer(ours, echo);

    peer.end();
    await once(ours, "close");

    expect(ours.destroyed).toBe(true);
  });
});
