import type { Duplex } from "node:stream";
import type { WantedStreams } from "#spec";
import { type ChannelStream, WebSocketChannels } from "#wire";
import { clientGone } from "../faults.ts";
import type { SessionContext } from "../session-context.ts";
import type { ProcessClient } from "./client.ts";
import type { WebSocketProcessProtocol } from "./protocols.ts";

/** The number of each stream's channel. */
const channelOf = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** The streams of a WebSocket client: all are there from the start. */
export function acceptWebSocketClient(
  transport: Duplex,
  wanted: WantedStreams,
  { format }: WebSocketProcessProtocol,
  context: SessionContext,
): ProcessClient {
  const gone = new AbortController();
  const names = (["stdin", "stdout", "stderr"] as const).filter((name) => wanted[name]);
  const open = [...names, "error" as const, ...(wanted.tty ? (["resize"] as const) : [])];
  const channels = new WebSocketChannels(transport, {
    role: "server",
    format,
    channels: open.map((name) => channelOf[name]),
    onClose: (error) => gone.abort(clientGone(error)),
  });
  context.onHeartbeat(() => channels.ping());
  const streamOf = (name: keyof typeof channelOf): ChannelStream | undefined => channels.channel(channelOf[name]);
  const [stdin, stdout, stderr, error, resize] = (["stdin", "stdout", "stderr", "error", "resize"] as const).map(
    streamOf,
  );
  if (error === undefined) throw clientGone();
  for (const stream of [error, stdout, stderr]) stream?.resume();
  // Clients take the first message, which is empty, for the sign that the process begins.
  channels.greet(wanted.stdout ? channelOf.stdout : wanted.stderr ? channelOf.stderr : channelOf.error);
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(resize && { resize }),
    error,
    gone: gone.signal,
    end: () => channels.end(),
    destroy: (cause) => channels.destroy(cause),
  };
}
