export { type AdminClient, createAdminClient } from "./admin-client.ts";
export { type ContainerLogOptions, readContainerLog } from "./container-log.ts";
export {
  type CriClient,
  type CriClientOptions,
  createCriClient,
  createEncodedCriClient,
  type EncodedCriClient,
} from "./cri-client.ts";
export { type Endpoint, parseEndpoint } from "./endpoint.ts";
export { readLocalDirectory, readLocalFile } from "./local-file.ts";
export { type LocalLinesOptions, readLocalLines } from "./local-lines.ts";
export type { StreamTransport } from "./stream/dial.ts";
export { type ForwardedConnection, openPortForward, type PortForward } from "./stream/port-forward.ts";
export { openRemoteProcess, type RemoteProcess } from "./stream/remote-process.ts";
export type { CallOptions, CallRecord, ServiceClient } from "./types.ts";
