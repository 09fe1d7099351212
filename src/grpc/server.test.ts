import { once } from "node:events";
import { createServer, type Server } from "node:net";
import {
  create,
  createFileRegistry,
  type DescMethod,
  type DescService,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { CallContexts, Fault, silentLogger } from "#foundation";
import { EncodedMessage, toGrpcMethod } from "#spec";
import type { CallObserver } from "./call.ts";
import { createGrpcServer, type GrpcServer } from "./server.ts";

const answer = create(StringValueSchema, { value: "crisp" });

/** A service with one method that takes and gives a text. */
function echoService(): { readonly service: DescService; readonly method: DescMethod } {
  const text = ".google.protobuf.StringValue";
  const file = create(FileDescriptorProtoSchema, {
    name: "echo.proto",
    package: "echo.v1",
    syntax: "proto3",
    dependency: [file_google_protobuf_wrappers.proto.name],
    service: [{ name: "Echo", method: [{ name: "Say", inputType: text, outputType: text }] }],
  });
  const service = createFileRegistry(file, () => file_google_protobuf_wrappers.proto).getService("echo.v1.Echo");
  const method = service?.methods[0];
  if (service === undefined || method === undefined) throw new Error("the descriptor has no service");
  return { service, method };
}

/** A server whose one method is answered by the test, and a client that has asked. */
async function ask(
  say: () => Promise<Message | EncodedMessage<typeof StringValueSchema>>,
  observers: readonly CallObserver[] = [],
  metadata = new Metadata(),
) {
  const { service, method } = echoService();
  const server = createGrpcServer({ logger: silentLogger, contexts: new CallContexts(), observers });
  const wasAsked = Promise.withResolvers<void>();
  server.serve({
    service,
    handlers: {
      say: () => {
        wasAsked.resolve();
        return say();
      },
    },
  });
  const listener = await listen(server);
  const { port } = listener.address() as { readonly port: number };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = toGrpcMethod(method);
  const answered = new Promise<Message>((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, answer, metadata, (error, value) => {
      if (value === undefined) reject(error ?? new Error("no answer"));
      else resolve(value);
    });
  });
  answered.catch(() => undefined);
  await wasAsked.promise;
  const close = (): void => {
    client.close();
    listener.close();
  };
  return { server, answered, close };
}

async function listen(server: GrpcServer): Promise<Server> {
  const listener = createServer((connection) => server.accept(connection));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return listener;
}

test("close() waits for a call that runs, which is answered", async () => {
  const work = Promise.withResolvers<Message>();
  const { server, answered, close } = await ask(() => work.promise);
  let hasClosed = false;

  const closing = server.close(60_000).then(() => {
    hasClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasClosed).toBe(false);
  work.resolve(answer);

  expect(await answered).toMatchObject({ value: "crisp" });
  await closing;
  close();
});

test("close() cuts a call that takes longer than its grace", async () => {
  const { server, answered, close } = await ask(() => new Promise(() => undefined));

  await server.close(1);

  await expect(answered).rejects.toMatchObject({ code: 1 });
  close();
});

test("a call that fails is answered with the code of its kind", async () => {
  const { server, answered, close } = await ask(() => Promise.reject(new Fault("exhausted", "disk full")));

  await expect(answered).rejects.toMatchObject({ code: 8, details: "disk full" });
  await server.close(60_000);
  close();
});

test("a large answer is sent whole, and leaves no memory behind that is its own", async () => {
  const value = "crisp".repeat(200_000);
  const bytes = toBinary(StringValueSchema, create(StringValueSchema, { value }));
  const { server, answered, close } = await ask(async () => new EncodedMessage(StringValueSchema, [bytes], "own"));

  expect(await answered).toMatchObject({ value });
  expect(bytes.buffer.byteLength).toBe(0);
  await server.close(60_000);
  close();
});

test("observers are told of a call with its headers, and of its end with what failed", async () => {
  const told: unknown[] = [];
  const { promise: hasEnded, resolve: end } = Promise.withResolvers<void>();
  const observer: CallObserver = {
    began: (call) => {
      const headers = [call.header("traceparent"), call.header("missing")];
      told.push([call.service, call.method, ...headers, call.context.requestId.length]);
      return (failure) => {
        told.push(failure?.kind);
        end();
      };
    },
  };
  const metadata = new Metadata();
  metadata.set("traceparent", "00-x");
  const { server, answered, close } = await ask(() => Promise.reject(new Fault("busy", "x")), [observer], metadata);

  await expect(answered).rejects.toMatchObject({ code: 10 });
  await hasEnded;

  expect(told).toEqual([["echo.v1.Echo", "Say", "00-x", undefined, 16], "busy"]);
  await server.close(60_000);
  close();
});
