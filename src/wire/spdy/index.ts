export { SpdyConnection, type SpdyConnectionOptions } from "./connection.ts";
export { chooseSpdyProtocol, isSpdyUpgrade, spdyAccepted, spdyRequestHeaders } from "./handshake.ts";
export type { SpdyHeaders } from "./header-block.ts";
export type { SpdyLimits } from "./limits.ts";
export type { SpdyStream } from "./stream.ts";
