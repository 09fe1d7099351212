import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { create } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { Fault, silentLogger } from "#foundation";
import { RuntimeService, type VersionResponse, VersionResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { toGrpcMethod } from "#spec";
import { createGrpcServer, type GrpcServer } from "./server.ts";

const answer = create(VersionResponseSchema, { runtimeName: "crisp" });

/** A server whose Version is answered by the test, and a client that has asked for it. */
async function askVersion(version: () => Promise<VersionResponse>) {
  const server = createGrpcServer(silentLogger);
  const wasAsked = Promise.withResolvers<void>();
  server.serve({
    service: RuntimeService,
    handlers: {
      version: () => {
        wasAsked.resolve();
        return version();
      },
    },
  });
  const listener = await listen(server);
  const { port } = listener.address() as { readonly port: number };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = toGrpcMethod(RuntimeService.method.version);
  const answered = new Promise<VersionResponse>((resolve, reject) => {
    const request = { $typeName: "runtime.v1.VersionRequest", version: "" } as const;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, value) => {
      if (value === undefined) reject(error ?? new Error("no answer"));
      else resolve(value);
    });
  });
  answered.catch(() => undefined);
  await wasAsked.promise;
  return { server, answered, close: () => (client.close(), listener.close()) };
}

async function listen(server: GrpcServer): Promise<Server> {
  const listener = createServer((connection) => server.accept(connection));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return listener;
}

test("close() waits for a call that runs, which is answered", async () => {
  const work = Promise.withResolvers<VersionResponse>();
  const { server, answered, close } = await askVersion(() => work.promise);
  let hasClosed = false;

  const closing = server.close(60_000).then(() => {
    hasClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasClosed).toBe(false);
  work.resolve(answer);

  expect((await answered).runtimeName).toBe("crisp");
  await closing;
  close();
});

test("close() cuts a call that takes longer than its grace", async () => {
  const { server, answered, close } = await askVersion(() => new Promise(() => undefined));

  await server.close(1);

  await expect(answered).rejects.toMatchObject({ code: 1 });
  close();
});

test("a call that fails is answered with the code of its kind", async () => {
  const { server, answered, close } = await askVersion(() => Promise.reject(new Fault("exhausted", "disk full")));

  await expect(answered).rejects.toMatchObject({ code: 8, details: "disk full" });
  await server.close(60_000);
  close();
});
