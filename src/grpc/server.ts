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
  const connections = new Set<Socket>();
  return {
    serve: (served) => {
      const implementation = implementationOf(served, watch, closing.signal);
      server.addService(toGrpcService(served.service), implementation);
    },
    accept: (connection) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
      injector.injectConnection(connection);
    },
    close: async (graceMs) => {
      closing.abort(new Fault("unavailable", "the daemon stops"));
      // Its callback cannot be waited for: Node 24 has told every session to close by then, and gRPC takes that for the end.
      server.tryShutdown(() => undefined);
      await endOf(connections, graceMs);
      server.forceShutdown();
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

/** Waits until each connection has closed, which one that is told to does with its last answer, but not longer than this. */
async function endOf(connections: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const ends = [...connections].map((connection) => new Promise((resolve) => connection.once("close", resolve)));
  const { promise: tooLong, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([Promise.all(ends), tooLong]);
  clearTimeout(timer);
}
