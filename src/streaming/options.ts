export interface StreamingAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Where the server's certificate comes from. */
export type TlsOptions =
  | {
      readonly kind: "pair";
      readonly certificatePath: string;
      readonly keyPath: string;
      readonly clientCaPath?: string;
    }
  /** Made anew at each start; kubelet does not check who it talks to. */
  | { readonly kind: "self-signed"; readonly clientCaPath?: string };

export interface StreamingOptions {
  /** @default 127.0.0.1, any port: kubelet proxies streams on the node itself */
  readonly address?: StreamingAddress;
  /** @default none: plain HTTP */
  readonly tls?: TlsOptions;
  /** How long a URL may wait for its client. @default 1 min */
  readonly tokenLifeMs?: number;
  /** URLs that may wait at once. @default 1,000 */
  readonly maxTokens?: number;
  /** How long a session may be without a byte in either direction. @default 4 h */
  readonly idleTimeoutMs?: number;
  /** How long a client may take to open its streams. @default 30 s */
  readonly creationTimeoutMs?: number;
  /** How long a client may take to send the head of its request. @default 10 s */
  readonly handshakeTimeoutMs?: number;
  /** How long a client may take to hang up after the last byte. @default 10 s */
  readonly lingerMs?: number;
  /** How often a client that we do not read from is asked whether it is still there. @default 5 s */
  readonly heartbeatMs?: number;
  /** Connections at once. @default 4,096 */
  readonly maxConnections?: number;
  /** Streams of one SPDY session at once. @default 2,048, which is 1,024 forwarded connections */
  readonly maxStreams?: number;
  /** Most bytes of one SPDY header block, inflated. @default 64 KiB */
  readonly maxHeaderBytes?: number;
  /** Ports of one WebSocket. @default 64 */
  readonly maxPorts?: number;
  /** How far an attached client may fall behind its container before it is dropped. @default 4 MiB */
  readonly attachBacklogBytes?: number;
}

/** {@link StreamingOptions} with every default filled in. */
export type NormalizedStreamingOptions = Required<Omit<StreamingOptions, "tls">> & Pick<StreamingOptions, "tls">;

/** Fills in the defaults. */
export function normalizeStreamingOptions(options: StreamingOptions): NormalizedStreamingOptions {
  return {
    address: { host: "127.0.0.1", port: 0 },
    tokenLifeMs: 60_000,
    maxTokens: 1_000,
    idleTimeoutMs: 4 * 60 * 60_000,
    creationTimeoutMs: 30_000,
    handshakeTimeoutMs: 10_000,
    lingerMs: 10_000,
    heartbeatMs: 5_000,
    maxConnections: 4_096,
    maxStreams: 2_048,
    maxHeaderBytes: 64 * 1024,
    maxPorts: 64,
    attachBacklogBytes: 4 * 1024 * 1024,
    ...options,
  };
}
