import type { Duplex } from "node:stream";
import { SpdyConnection, type SpdyHeaders, type SpdyStream } from "#wire";
import { clientGone } from "../faults.ts";
import { isPort } from "../requests.ts";
import type { SessionContext } from "../session-context.ts";
import { type ForwardOptions, forward } from "./forward.ts";

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/**
 * Forwards connections over SPDY until the client hangs up: each is a pair of
 * streams, first for errors, then for data, with the same `requestID`.
 */
export function servePortForwardSpdy(
  transport: Duplex,
  connect: ForwardOptions["connect"],
  context: SessionContext,
): Promise<void> {
  return new Promise((resolve) => {
    const gone = new AbortController();
    const pairs = new StreamPairs(context.creationTimeoutMs, (port, data, error) => {
      void forward(data, error, { port, connect, gone: gone.signal, hasHalfClose: true });
    });
    const connection = new SpdyConnection(transport, {
      role: "server",
      limits: context.spdyLimits,
      onStream: (stream, headers) => pairs.add(stream, headers),
      onClose: (error) => {
        pairs.close();
        gone.abort(clientGone(error));
        resolve();
      },
    });
    context.onHeartbeat(() => connection.ping());
  });
}

/** Streams that wait for the other half of their pair. */
class StreamPairs {
  readonly #timeoutMs: number;
  readonly #onPair: (port: number, data: SpdyStream, error: SpdyStream) => void;
  readonly #waiting = new Map<string, Pair>();

  constructor(timeoutMs: number, onPair: (port: number, data: SpdyStream, error: SpdyStream) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onPair = onPair;
  }

  add(stream: SpdyStream, headers: SpdyHeaders): void {
    const kind = headers.get("streamtype")?.[0];
    if (kind !== "error" && kind !== "data") {
      stream.destroy();
      return;
    }
    const name = headers.get("requestid")?.[0] ?? this.#nameWithoutId(stream, kind);
    const pair = this.#waiting.get(name) ?? this.#begin(name);
    if (pair[kind] !== undefined) {
      stream.destroy();
      return;
    }
    pair[kind] = stream;
    if (pair.data === undefined || pair.error === undefined) return;
    this.#drop(name);
    this.#paired(pair.data, pair.error, headers);
  }

  close(): void {
    for (const name of this.#waiting.keys()) this.#drop(name);
  }

  #paired(data: SpdyStream, error: SpdyStream, headers: SpdyHeaders): void {
    error.resume(); // clients say nothing there, but its end must be seen
    const port = Number(headers.get("port")?.[0]);
    if (isPort(port)) {
      this.#onPair(port, data, error);
      return;
    }
    error.end(`${headers.get("port")?.[0] ?? "nothing"} is not a port`);
    data.destroy();
  }

  /** Clients from before request ids open both streams one right after the other. */
  #nameWithoutId(stream: SpdyStream, kind: "error" | "data"): string {
    return `stream ${kind === "error" ? stream.streamId : stream.streamId - 2}`;
  }

  #begin(name: string): Pair {
    const timer = setTimeout(() => {
      const pair = this.#waiting.get(name);
      this.#waiting.delete(name);
      pair?.data?.destroy();
      pair?.error?.destroy();
    }, this.#timeoutMs);
    const pair = { timer };
    this.#waiting.set(name, pair);
    return pair;
  }

  #drop(name: string): void {
    clearTimeout(this.#waiting.get(name)?.timer);
    this.#waiting.delete(name);
  }
}
