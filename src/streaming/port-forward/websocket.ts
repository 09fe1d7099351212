import type { Duplex } from "node:stream";
import { type ChannelFormat, WebSocketChannels } from "#wire";
import { clientGone } from "../faults.ts";
import type { SessionContext } from "../session-context.ts";
import { type ForwardOptions, forward } from "./forward.ts";

/** Sub-protocols that carry each port on two channels: data on the even one, errors on the next. */
export const webSocketPortProtocols: ReadonlyMap<string, ChannelFormat> = new Map([
  ["v4.channel.k8s.io", { encoding: "binary", hasClose: false }],
  ["v4.base64.channel.k8s.io", { encoding: "base64", hasClose: false }],
  ["", { encoding: "binary", hasClose: false }],
]);

/** Sub-protocols that are SPDY inside binary messages. */
export const tunnelProtocols: ReadonlySet<string> = new Set(["SPDY/3.1+portforward.k8s.io", "v2.portforward.k8s.io"]);

export interface PortsRequest {
  readonly ports: readonly number[];
  readonly format: ChannelFormat;
  readonly connect: ForwardOptions["connect"];
}

/** Forwards one connection to each port over a WebSocket, until all have ended or the client hangs up. */
export async function servePortForwardWebSocket(
  transport: Duplex,
  { ports, format, connect }: PortsRequest,
  context: SessionContext,
): Promise<void> {
  const gone = new AbortController();
  const channels = new WebSocketChannels(transport, {
    role: "server",
    format,
    channels: ports.flatMap((_port, index) => [2 * index, 2 * index + 1]),
    onClose: (error) => gone.abort(clientGone(error)),
  });
  context.onHeartbeat(() => channels.ping());
  const forwards = ports.map(async (port, index) => {
    const [data, error] = [channels.channel(2 * index), channels.channel(2 * index + 1)];
    if (data === undefined || error === undefined) return;
    error.resume();
    // The first message of each channel says which port it is for.
    for (const channel of [data, error]) channel.write(Buffer.of(port & 0xff, port >> 8));
    await forward(data, error, { port, connect, gone: gone.signal, hasHalfClose: false });
  });
  await Promise.all(forwards);
  channels.end();
}
