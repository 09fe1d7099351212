import type { Duplex } from "node:stream";
import type { WantedStreams } from "#spec";
import { SpdyConnection, type SpdyHeaders, type SpdyStream } from "#wire";
import { clientGone, streamsMissing } from "../faults.ts";
import type { SessionContext } from "../session-context.ts";
import type { ProcessClient } from "./client.ts";
import type { ProcessProtocol } from "./protocols.ts";

/**
 * Waits until a SPDY client has opened the streams it asked for.
 *
 * @throws Fault `timed-out` when it does not in time, `canceled` when it goes
 */
export function acceptSpdyClient(
  transport: Duplex,
  wanted: WantedStreams,
  protocol: ProcessProtocol,
  context: SessionContext,
): Promise<ProcessClient> {
  const missing = expectedStreams(wanted, protocol);
  const streams = new Map<string, SpdyStream>();
  const gone = new AbortController();
  return new Promise((resolve, reject) => {
    const connection = new SpdyConnection(transport, {
      role: "server",
      limits: context.spdyLimits,
      onStream: (stream, headers) => {
        const kind = streamTypeOf(headers);
        if (!missing.delete(kind)) {
          stream.destroy(); // of a kind that nobody asked for, or a second one
          return;
        }
        streams.set(kind, stream);
        if (missing.size > 0) return;
        clearTimeout(timer);
        resolve(toClient(streams, connection, gone.signal));
      },
      onClose: (error) => {
        clearTimeout(timer);
        gone.abort(clientGone(error));
        reject(clientGone(error));
      },
    });
    const timer = setTimeout(() => {
      reject(streamsMissing([...missing], context.creationTimeoutMs));
      connection.destroy();
    }, context.creationTimeoutMs);
    context.onHeartbeat(() => connection.ping());
  });
}

function expectedStreams(wanted: WantedStreams, { hasResize }: ProcessProtocol): Set<string> {
  return new Set([
    "error",
    ...(["stdin", "stdout", "stderr"] as const).filter((kind) => wanted[kind]),
    ...(wanted.tty && hasResize ? ["resize"] : []),
  ]);
}

function streamTypeOf(headers: SpdyHeaders): string {
  return headers.get("streamtype")?.[0] ?? "";
}

function toClient(
  streams: ReadonlyMap<string, SpdyStream>,
  connection: SpdyConnection,
  gone: AbortSignal,
): ProcessClient {
  const { error, ...named } = Object.fromEntries(streams);
  if (error === undefined) throw clientGone();
  // Nothing comes on what we only write to, but its end must be seen.
  for (const stream of [error, named["stdout"], named["stderr"]]) stream?.resume();
  return { ...named, error, gone, end: () => connection.end(), destroy: (cause) => connection.destroy(cause) };
}
