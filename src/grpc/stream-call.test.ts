import { once } from "node:events";
import { createServer } from "node:net";
import { create, createFileRegistry, type DescMethod, type DescService, type Message } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { CallContexts, silentLogger } from "#foundation";
import { toGrpcMethod } from "#spec";
import { createGrpcServer } from "./server.ts";
import type { StreamHandler } from "./stream-call.ts";

const pieceCount = 1_000;
/** Together sixty times what a client is sent before it says that it has read. */
const piece = create(StringValueSchema, { value: "x".repeat(64 * 1024) });

/** A service with a stream, and a method that is answered at once. */
function talkService(): Readonly<Record<"all" | "one", DescMethod>> & { readonly service: DescService } {
  const text = ".google.protobuf.StringValue";
  const file = create(FileDescriptorProtoSchema, {
    name: "talk.proto",
    package: "talk.v1",
    syntax: "proto3",
    dependency: [file_google_protobuf_wrappers.proto.name],
    service: [
      {
        name: "Talk",
        method: [
          { name: "All", inputType: text, outputType: text, serverStreaming: true },
          { name: "One", inputType: text, outputType: text },
        ],
      },
    ],
  });
  const service = createFileRegistry(file, () => file_google_protobuf_wrappers.proto).getService("talk.v1.Talk");
  const [all, one] = service?.methods ?? [];
  if (service === undefined || all === undefined || one === undefined) throw new Error("the descriptor has no service");
  return { service, all, one };
}

/** A client that has asked for the stream, and reads nothing of it yet. */
async function askForAll(all: StreamHandler<Message, Message>) {
  const talk = talkService();
  const server = createGrpcServer({ logger: silentLogger, contexts: new CallContexts(), observers: [] });
  // Types know only of services that were generated what streams.
  server.serve({ service: talk.service, handlers: { all: all as never, one: async () => piece } });
  const listener = createServer((connection) => server.accept(connection)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { readonly port: number };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const [stream, unary] = [toGrpcMethod(talk.all), toGrpcMethod(talk.one)];
  const reading: ClientReadableStream<Message> = client.makeServerStreamRequest(
    stream.path,
    stream.requestSerialize,
    stream.responseDeserialize,
    piece,
  );
  return {
    reading,
    /** A whole exchange on the same connection: what the server can do without the reader, it has done. */
    exchange: () =>
      new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(unary.path, unary.requestSerialize, unary.responseDeserialize, piece, (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
    close: async () => {
      client.close();
      listener.close();
      await server.close(0);
    },
  };
}

test("a stream gets no further than its reader, who gets all of it in the end", async () => {
  let made = 0;
  const { reading, exchange, close } = await askForAll(async function* () {
    for (; made < pieceCount; made += 1) yield piece;
  });
  await once(reading, "readable");
  for (let exchanges = 0; exchanges < 10; exchanges += 1) await exchange();
  const madeUnread = made;
  let read = 0;
  for await (const _piece of reading) read += 1;
  await close();

  expect(madeUnread).toBeLessThan(pieceCount / 4);
  expect(read).toBe(pieceCount);
});

test("a stream ends with its reader, however it was held", async () => {
  const ended = Promise.withResolvers<boolean>();
  const { reading, exchange, close } = await askForAll(async function* (_request, { signal }) {
    try {
      for (;;) yield piece;
    } finally {
      ended.resolve(signal.aborted);
    }
  });
  reading.on("error", () => undefined);
  await once(reading, "readable");
  await exchange();
  reading.cancel();

  expect(await ended.promise).toBe(true);
  await close();
});
