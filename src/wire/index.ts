export type { RequestHeaders } from "./request-headers.ts";
export {
  chooseSpdyProtocol,
  isSpdyUpgrade,
  SpdyConnection,
  type SpdyConnectionOptions,
  type SpdyHeaders,
  type SpdyLimits,
  type SpdyStream,
  spdyAccepted,
  spdyRequestHeaders,
} from "./spdy/index.ts";
export {
  plainTarFile,
  type TarEntry,
  type TarEntryKind,
  type TarOutput,
  TarReader,
  type TarSink,
  TarWriter,
} from "./tar/index.ts";
export {
  type TtrpcCallOptions,
  TtrpcClient,
  type TtrpcHandlers,
  type TtrpcRequest,
  TtrpcServer,
  type TtrpcServerCall,
  type TtrpcStream,
} from "./ttrpc/index.ts";
export {
  acceptKey,
  type ChannelFormat,
  type ChannelStream,
  decodeWebSocketRequest,
  isWebSocketUpgrade,
  newWebSocketKey,
  WebSocketChannels,
  WebSocketTunnel,
  webSocketAccepted,
  webSocketRequestHeaders,
} from "./websocket/index.ts";
