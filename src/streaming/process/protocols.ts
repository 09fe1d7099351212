import type { ChannelFormat } from "#wire";

/** What differs between the versions of the remote command protocol. */
export interface ProcessProtocol {
  /** From version 4 on the end is told as a document, before as a text that is empty on success. */
  readonly hasStatusDocument: boolean;
  /** From version 3 on clients with a terminal open a stream for its size. */
  readonly hasResize: boolean;
}

const v1: ProcessProtocol = { hasStatusDocument: false, hasResize: false };
const v3: ProcessProtocol = { hasStatusDocument: false, hasResize: true };
const v4: ProcessProtocol = { hasStatusDocument: true, hasResize: true };

/** Versions over SPDY. Version 5 adds what SPDY has anyway: closing one stream. */
export const spdyProcessProtocols: ReadonlyMap<string, ProcessProtocol> = new Map([
  ["v5.channel.k8s.io", v4],
  ["v4.channel.k8s.io", v4],
  ["v3.channel.k8s.io", v3],
  ["v2.channel.k8s.io", v1],
  ["channel.k8s.io", v1],
]);

export interface WebSocketProcessProtocol extends ProcessProtocol {
  readonly format: ChannelFormat;
}

const binary: ChannelFormat = { encoding: "binary", hasClose: false };
const base64: ChannelFormat = { encoding: "base64", hasClose: false };
const binaryWithClose: ChannelFormat = { encoding: "binary", hasClose: true };

/** Versions over WebSocket; a client that names none speaks the oldest. */
export const webSocketProcessProtocols: ReadonlyMap<string, WebSocketProcessProtocol> = new Map([
  ["v5.channel.k8s.io", { ...v4, format: binaryWithClose }],
  ["v4.channel.k8s.io", { ...v4, format: binary }],
  ["v4.base64.channel.k8s.io", { ...v4, format: base64 }],
  ["channel.k8s.io", { ...v3, format: binary }],
  ["base64.channel.k8s.io", { ...v3, format: base64 }],
  ["", { ...v3, format: binary }],
]);
