import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { kindOfGrpcCode } from "#spec";
import type { RpcChannel, RpcMethod, RpcOptions } from "./rpc-channel.ts";

/** The key of the namespace in what goes along with a call. */
const namespaceKey = "containerd-namespace";
const asItIs = (bytes: Buffer): Buffer => bytes;

/** Connects to a shim that speaks gRPC; the connection is made at the first call. */
export function openGrpcChannel(socketPath: string, namespace: string): RpcChannel {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  const metadata = new Metadata();
  metadata.set(namespaceKey, namespace);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = (): void => {
    client.close();
    resolve();
  };
  return {
    call: async (method, message, options) => {
      try {
        return await callUnary({ client, metadata }, method, { message, options });
      } catch (error) {
        throw faultOf(error as ServiceError, options.signal);
      }
    },
    closed,
    close,
  };
}

interface Connection {
  readonly client: Client;
  readonly metadata: Metadata;
}

interface Question {
  readonly message: Uint8Array;
  readonly options: RpcOptions;
}

async function callUnary(
  { client, metadata }: Connection,
  { service, method }: RpcMethod,
  { message, options }: Question,
): Promise<Uint8Array> {
  const { signal, timeoutMs } = options;
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const call = client.makeUnaryRequest(
    `/${service}/${method}`,
    asItIs,
    asItIs,
    Buffer.from(message.buffer, message.byteOffset, message.byteLength),
    metadata,
    timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
    (error, answer) => {
      if (error !== null) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    },
  );
  const cancel = (): void => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return await promise.finally(() => signal?.removeEventListener("abort", cancel));
}

function faultOf(error: ServiceError, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (typeof error.code !== "number") return error;
  return new Fault(kindOfGrpcCode(error.code), error.details, {
    reason: {
      code: error.code === status.UNAVAILABLE ? "wire.connection-lost" : "wire.grpc-status",
      status: error.code,
    },
    cause: error,
  });
}
