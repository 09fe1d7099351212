import type { Socket } from "node:net";
import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { type Clock, Fault, type Logger } from "#foundation";
import type { Images } from "#image";
import type { Engine } from "#pod";
import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { grpcMessageLimitBytes, toGrpcService } from "#spec";
import { createImageHandlers, createRuntimeHandlers, type Handlers } from "./handlers.ts";
import { instrument } from "./instrument.ts";
import { instrumentStream } from "./instrument-stream.ts";
import { statusOf } from "./status.ts";
import type { StreamUrls } from "./stream-urls.ts";

export interface CriDeps {
  readonly engine: Engine;
  readonly images: Images;
  readonly streamUrls: StreamUrls;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}

/** The two CRI services, served on whatever connections are handed in. */
export interface CriServer {
  /** Serves a connection that the caller accepted and checked. */
  accept(connection: Socket): void;
  /** Lets running calls end for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/**
 * Makes a server of every RPC of CRI v1; those without a handler answer
 * UNIMPLEMENTED.
 */
export function createCriServer(deps: CriDeps): CriServer {
  const server = new Server({
    "grpc.max_receive_message_length": grpcMessageLimitBytes,
    "grpc.max_send_message_length": grpcMessageLimitBytes,
  });
  const closing = new AbortController();
  const parts = { server, logger: deps.logger, closing: closing.signal };
  register(parts, RuntimeService, createRuntimeHandlers(deps));
  register(parts, ImageService, createImageHandlers(deps));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (connection) => injector.injectConnection(connection),
    close: (graceMs) => {
      closing.abort(new Fault("unavailable", "the daemon stops"));
      return closeWithin(server, graceMs);
    },
  };
}

interface RegisterParts {
  readonly server: Server;
  readonly logger: Logger;
  /** Ends the streams that would go on for ever. */
  readonly closing: AbortSignal;
}

function register<Service extends typeof RuntimeService | typeof ImageService>(
  { server, logger, closing }: RegisterParts,
  service: Service,
  handlers: Handlers<Service>,
): void {
  const definition = toGrpcService(service);
  const entries = Object.entries(service.method).map(([method, { methodKind }]): [string, Implementation] => {
    const handler: unknown = handlers[method as keyof typeof handlers];
    if (methodKind === "unary") {
      return [method, handler === undefined ? refuseCall(method) : instrument(method, handler as never, logger)];
    }
    if (handler === undefined) return [method, refuseStream(method)];
    return [method, instrumentStream(method, handler as never, { logger, closing })];
  });
  server.addService(definition, Object.fromEntries(entries));
}

type Implementation = handleUnaryCall<unknown, unknown> | handleServerStreamingCall<unknown, unknown>;

function refuseCall(method: string): handleUnaryCall<unknown, unknown> {
  return (_call, reply) => reply(statusOf(notBuilt(method)));
}

function refuseStream(method: string): handleServerStreamingCall<unknown, unknown> {
  return (call) => call.emit("error", statusOf(notBuilt(method)));
}

function notBuilt(method: string): Fault {
  return new Fault("unsupported", `${method}: not built yet`);
}

function closeWithin(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
