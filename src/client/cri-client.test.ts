import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fault } from "#foundation";
import {
  type ContainerEventResponse,
  ContainerEventResponseSchema,
  type GetEventsRequest,
  ImageService,
  ListImagesResponseSchema,
  RuntimeService,
  type VersionRequest,
  type VersionResponse,
  VersionResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { grpcMessageLimitBytes, toGrpcService } from "#spec";
import { type CriClient, createCriClient, createEncodedCriClient } from "./cri-client.ts";
import type { CallRecord } from "./types.ts";

type VersionHandler = handleUnaryCall<VersionRequest, VersionResponse>;
type EventsHandler = handleServerStreamingCall<GetEventsRequest, ContainerEventResponse>;

const closers: (() => unknown)[] = [];
let directory = "";
let endpoint = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-client-"));
  endpoint = `unix://${directory}/cri.sock`;
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(directory, { recursive: true });
});

async function serve(handlers: UntypedServiceImplementation): Promise<void> {
  const server = new Server({ "grpc.max_receive_message_length": grpcMessageLimitBytes });
  server.addService(toGrpcService(RuntimeService), handlers);
  server.addService(toGrpcService(ImageService), handlers);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  closers.push(() => server.forceShutdown());
}

function connect(
  options: { readonly timeoutMs?: number; readonly onCall?: (record: CallRecord) => void } = {},
): CriClient {
  const client = createCriClient({ endpoint, timeoutMs: 5_000, ...options });
  closers.push(() => client.close());
  return client;
}

function answerVersion(answer: MessageInitShape<typeof VersionResponseSchema>): VersionHandler {
  return (_call, reply) => reply(null, create(VersionResponseSchema, answer));
}

test("a unary call gives the server's answer", async () => {
  const version: VersionHandler = (call, reply) =>
    reply(null, create(VersionResponseSchema, { version: call.request.version, runtimeName: "fake" }));
  await serve({ version });

  const answer = await connect().version({ version: "v1" });

  expect(answer).toMatchObject({ version: "v1", runtimeName: "fake" });
});

test("a client whose answers stay encoded gives the server's bytes", async () => {
  await serve({ version: answerVersion({ runtimeName: "fake" }) });
  const client = createEncodedCriClient({ endpoint, timeoutMs: 5_000 });
  closers.push(() => client.close());

  const bytes = await client.version({});

  expect(fromBinary(VersionResponseSchema, bytes)).toMatchObject({ runtimeName: "fake" });
  await expect(client.status({})).rejects.toMatchObject({ kind: "unsupported" });
});

test("a client has a method for every RPC of both services", () => {
  const client = connect();

  const methods = [...RuntimeService.methods, ...ImageService.methods].map(({ localName }) => localName);
  expect(Object.keys(client)).toEqual(expect.arrayContaining(methods));
});

test("images come from an endpoint of their own", async () => {
  const runtimeEndpoint = endpoint;
  await serve({ version: answerVersion({ runtimeName: "one" }) });
  endpoint = `unix://${directory}/image.sock`;
  await serve({
    listImages: (_call: unknown, reply: (error: null, answer: unknown) => void) =>
      reply(null, create(ListImagesResponseSchema, { images: [{ id: "sha256:1" }] })),
  });
  const client = createCriClient({ endpoint: runtimeEndpoint, imageEndpoint: endpoint, timeoutMs: 5_000 });
  closers.push(() => client.close());

  const { runtimeName } = await client.version({});
  const { images } = await client.listImages({});

  expect(runtimeName).toBe("one");
  expect(images.map(({ id }) => id)).toEqual(["sha256:1"]);
});

test("a gRPC status becomes the fault of its kind, with the server's words", async () => {
  const version: VersionHandler = (_call, reply) => reply({ code: 9, details: "stop pod x: it still runs" });
  await serve({ version });

  const failure = await connect()
    .version({})
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(Fault);
  expect(failure).toMatchObject({ kind: "wrong-state", message: "stop pod x: it still runs" });
});

test("UNAVAILABLE from a server that answers is the server's own word", async () => {
  const version: VersionHandler = (_call, reply) => reply({ code: 14, details: "recovery is not done" });
  await serve({ version });

  const failure = await connect()
    .version({})
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "unavailable", message: "recovery is not done" });
});

test("a socket that does not exist is named, with what to check", async () => {
  const failure = await connect()
    .version({})
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({
    kind: "unavailable",
    message: `Version: cannot reach ${endpoint}: the socket does not exist (is the daemon running, and is the endpoint right?)`,
    reason: { code: "client.unreachable", problem: "ENOENT" },
  });
});

test("a socket that nobody listens on is told apart from a missing one", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = createServer().listen(`${directory}/other.sock`, resolve);
  await promise;
  await rename(`${directory}/other.sock`, `${directory}/cri.sock`);
  await new Promise((done) => listener.close(done));

  const failure = await connect()
    .version({})
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "unavailable", reason: { problem: "ECONNREFUSED" } });
});

test("a server that does not answer in time is given up", async () => {
  await serve({ version: () => undefined });

  const failure = await connect({ timeoutMs: 50 })
    .version({})
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "timed-out", reason: { code: "client.gave-up" } });
});

test("a signal cancels a call, and the server is told", async () => {
  const abort = new AbortController();
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const version: VersionHandler = (call) => {
    call.once("cancelled", () => resolve());
    abort.abort();
  };
  await serve({ version });

  const failure = await connect()
    .version({}, { signal: abort.signal })
    .catch((error: unknown) => error);
  await cancelled;

  expect(failure).toMatchObject({ kind: "canceled" });
});

test("a signal that has aborted already keeps the call from being made", async () => {
  const failure = await connect()
    .version({}, { signal: AbortSignal.abort() })
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "canceled" });
});

test("a stream gives each answer in order and ends", async () => {
  const getContainerEvents: EventsHandler = (call) => {
    for (const containerId of ["a", "b", "c"]) call.write(create(ContainerEventResponseSchema, { containerId }));
    call.end();
  };
  await serve({ getContainerEvents });

  const seen: string[] = [];
  for await (const { containerId } of connect().getContainerEvents({})) seen.push(containerId);

  expect(seen).toEqual(["a", "b", "c"]);
});

test("leaving the loop cancels the stream", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const getContainerEvents: EventsHandler = (call) => {
    call.once("cancelled", () => resolve());
    call.write(create(ContainerEventResponseSchema, { containerId: "a" }));
  };
  await serve({ getContainerEvents });

  for await (const _event of connect().getContainerEvents({})) break;

  await expect(cancelled).resolves.toBeUndefined();
});

test("a stream that fails throws the fault of its status", async () => {
  const getContainerEvents: EventsHandler = (call) => {
    call.emit("error", { code: 12, details: "not built" });
  };
  await serve({ getContainerEvents });
  const events = connect().getContainerEvents({})[Symbol.asyncIterator]();

  const failure = await events.next().catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "unsupported", message: "not built" });
});

test("answers may be larger than what gRPC allows by itself", async () => {
  const runtimeName = "x".repeat(grpcMessageLimitBytes + 1);
  await serve({ version: answerVersion({ runtimeName }) });

  const answer = await connect().version({});

  expect(answer.runtimeName.length).toBe(runtimeName.length);
});

test("onCall hears of every call that ended", async () => {
  const records: CallRecord[] = [];
  await serve({ version: answerVersion({}) });
  const client = connect({ onCall: (record) => records.push(record) });

  await client.version({});
  await client.status({}).catch((error: unknown) => error);

  expect(records.map(({ method, error }) => [method, error instanceof Fault ? error.kind : error])).toEqual([
    ["Version", undefined],
    ["Status", "unsupported"],
  ]);
});
