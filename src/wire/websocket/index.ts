export type { ChannelFormat } from "./channel.ts";
export type { ChannelStream } from "./channel-stream.ts";
export { WebSocketChannels } from "./channels.ts";
export {
  acceptKey,
  decodeWebSocketRequest,
  isWebSocketUpgrade,
  newWebSocketKey,
  webSocketAccepted,
  webSocketRequestHeaders,
} from "./handshake.ts";
export { WebSocketTunnel } from "./tunnel.ts";
