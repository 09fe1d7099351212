import type { Socket } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { grpcMessageLimitBytes, toGrpcService } from "#spec";
import type { CallWatch } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import { streamCall } from "./stream-call.ts";
import { unaryCall } from "./unary-call.ts";

/** A service and who answers it. */
export interface ServedService<Service extends DescService> {
  readonly service: Service;
  readonly handlers: Handlers<Service>;
  /** RPCs that clients poll: logged at trace, so that debug stays readable. */
  readonly polled?: ReadonlySet<string>;
}

/** gRPC services on whatever connections are handed in; it never listens itself. */
export interface GrpcServer {
  /** Serves every RPC of a service; those without a handler answer UNIMPLEMENTED. */
  serve<Service extends DescService>(served: ServedService<Service>): void;
  /** Serves a connection that the caller accepted and checked. */
  accept(connection: Socket): void;
  /** Lets running calls end for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export function createGrpcServer(watch: CallWatch): GrpcServer {
  const server = new Server({
    "grpc.max_receive_message_length": grpcMessageLimitBytes,
    "grpc.max_send_message_length": grpcMessageLimitBytes,
  });
  // Ends the streams that would go on for ever.
  const closing = new AbortController();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    serve: (served) => {
      const implementation = implementationOf(served, watch, closing.signal);
      server.addService(toGrpcService(served.service), implementation);
    },
    accept: (connection) => injector.injectConnection(connection),
    close: (graceMs) => {
      closing.abort(new Fault("unavailable", "the daemon stops"));
      return closeWithin(server, graceMs);
    },
  };
}

type Implementation = handleUnaryCall<unknown, unknown> | handleServerStreamingCall<unknown, unknown>;

function implementationOf<Service extends DescService>(
  { service, handlers, polled = new Set() }: ServedService<Service>,
  watch: CallWatch,
  closing: AbortSignal,
): Record<string, Implementation> {
  const entries = Object.entries(service.method).map(([name, method]): [string, Implementation] => {
    const level = polled.has(name) ? "trace" : "debug";
    const served = { ...watch, name, level, service: service.typeName, method: method.name } as const;
    const handler: unknown = handlers[name as keyof typeof handlers] ?? refusalOf(name);
    const isUnary = method.methodKind === "unary";
    return [name, isUnary ? unaryCall(served, handler as never) : streamCall(served, handler as never, closing)];
  });
  return Object.fromEntries(entries);
}

function refusalOf(name: string): () => never {
  return () => {
    throw notBuilt(name);
  };
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
