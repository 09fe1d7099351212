export { type TtrpcCallOptions, TtrpcClient, type TtrpcRequest } from "./client.ts";
export { type TtrpcHandlers, TtrpcServer, type TtrpcServerCall } from "./server.ts";
export type { TtrpcStream } from "./stream.ts";
