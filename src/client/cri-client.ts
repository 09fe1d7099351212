import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { createContext, createEncodedServiceClient, createServiceClient } from "./service-client.ts";
import type { CallRecord, EncodedServiceClient, ServiceClient } from "./types.ts";

export interface CriClientOptions {
  /** Where RuntimeService is served: `unix:///run/crisp/crisp.sock`. */
  readonly endpoint: string;
  /** Where ImageService is served. @default `endpoint` */
  readonly imageEndpoint?: string;
  /** Deadline of a unary call that sets none; 0: none. */
  readonly timeoutMs: number;
  /** Told of every call that ended: debug output, measurements. */
  readonly onCall?: (record: CallRecord) => void;
}

/** Every RPC of CRI v1 as a method, over one connection, or two when images are served elsewhere. */
export type CriClient = ServiceClient<typeof RuntimeService> &
  ServiceClient<typeof ImageService> & {
    /** Closes the connections; calls that still run fail. */
    close(): void;
  };

/**
 * A client of any CRI server on a unix socket. It connects at the first call.
 *
 * Every call rejects with a Fault: `unavailable` with advice when nobody is
 * there, `timed-out` or `canceled` when the caller gave up, and otherwise the
 * kind that the server's gRPC code means.
 *
 * @example
 * const client = createCriClient({ endpoint: "unix:///run/crisp/crisp.sock", timeoutMs: 2_000 });
 * const { items } = await client.listPodSandbox({});
 * client.close();
 * @throws Fault `invalid` when an endpoint is not a unix socket
 */
export function createCriClient(options: CriClientOptions): CriClient {
  const runtime = createContext(options, options.endpoint);
  const isShared = options.imageEndpoint === undefined || options.imageEndpoint === options.endpoint;
  const image = isShared ? runtime : createContext(options, options.imageEndpoint);
  return {
    ...createServiceClient(runtime, RuntimeService),
    ...createServiceClient(image, ImageService),
    close() {
      runtime.channel.grpc.close();
      if (!isShared) image.channel.grpc.close();
    },
  };
}

/** The unary RPCs of CRI v1 with answers that stay encoded: for measurements. */
export type EncodedCriClient = EncodedServiceClient<typeof RuntimeService> &
  EncodedServiceClient<typeof ImageService> & {
    /** Closes the connection; calls that still run fail. */
    close(): void;
  };

/** As `createCriClient`, for whoever does not read the answers. @throws Fault `invalid` when the endpoint is not a unix socket */
export function createEncodedCriClient(options: Omit<CriClientOptions, "imageEndpoint">): EncodedCriClient {
  const context = createContext(options, options.endpoint);
  return {
    ...createEncodedServiceClient(context, RuntimeService),
    ...createEncodedServiceClient(context, ImageService),
    close: () => context.channel.grpc.close(),
  };
}
