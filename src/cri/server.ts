import type { Socket } from "node:net";
import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { type Clock, Fault, type Logger } from "#foundation";
import type { Images } from "#image";
import type { Engine } from "#pod";
import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { grpcMessageLimitBytes, toGrpcService } from "#spec";
import { createImageHandlers, createRuntimeHandlers, type Handlers } from "./handlers.ts";
import { instrument } from "./instrument.ts";
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
  register(server, RuntimeService, createRuntimeHandlers(deps), deps.logger);
  register(server, ImageService, createImageHandlers(deps), deps.logger);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (connection) => injector.injectConnection(connection),
    close: (graceMs) => closeWithin(server, graceMs),
  };
}

function register<Service extends typeof RuntimeService | typeof ImageService>(
  server: Server,
  service: Service,
  handlers: Handlers<Service>,
  logger: Logger,
): void {
  const definition = toGrpcService(service);
  const entries = Object.entries(service.method).map(([method, { methodKind }]) => {
    const handler: unknown = handlers[method as keyof typeof handlers];
    if (handler !== undefined) return [method, instrument(method, handler as never, logger)] as const;
    return [method, methodKind === "unary" ? refuseCall(method) : refuseStream(method)] as const;
  });
  server.addService(definition, Object.fromEntries(entries));
}

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
