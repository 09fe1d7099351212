import { fileOrNone, hostPort, oneOf, wholeNumber } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";
import type { StreamingConfig } from "./types.ts";

const day = 86_400;
const mebibyte = 1_048_576;

/** The settings of `[streaming]`. */
export const streamingSettings: SettingsOf<StreamingConfig> = {
  address: {
    kind: hostPort,
    fallback: { host: "127.0.0.1", port: 0 },
    flag: "--stream-address",
    about: "where exec, attach and port-forward are streamed; port 0 takes a free one",
    needsRestart: true,
  },
  tls: {
    kind: oneOf(["off", "self-signed", "files"]),
    fallback: "off",
    about: "how streams are encrypted; kubelet takes any certificate",
    needsRestart: true,
  },
  certificateFile: {
    kind: fileOrNone,
    fallback: "",
    about: "certificate of tls = files; read anew when it changes",
    needsRestart: true,
  },
  keyFile: {
    kind: fileOrNone,
    fallback: "",
    about: "key of tls = files; read anew when it changes",
    needsRestart: true,
  },
  clientCaFile: {
    kind: fileOrNone,
    fallback: "",
    about: "authority that clients must prove themselves with",
    needsRestart: true,
  },
  tokenLifeSeconds: { kind: wholeNumber(1, day), fallback: 60, about: "how long a stream's URL waits for its client" },
  maxTokens: { kind: wholeNumber(1, 100_000), fallback: 1_000, about: "URLs that may wait at once" },
  idleTimeoutSeconds: {
    kind: wholeNumber(1, 7 * day),
    fallback: 4 * 3_600,
    about: "how long a stream may be without a byte in either direction",
  },
  creationTimeoutSeconds: {
    kind: wholeNumber(1, 3_600),
    fallback: 30,
    about: "how long a client may take to open the parts of its stream",
  },
  handshakeTimeoutSeconds: {
    kind: wholeNumber(1, 600),
    fallback: 10,
    about: "how long a client may take to send the head of its request",
    needsRestart: true,
  },
  lingerSeconds: {
    kind: wholeNumber(1, 600),
    fallback: 10,
    about: "how long a client may take to hang up after the last byte",
  },
  heartbeatSeconds: {
    kind: wholeNumber(1, 3_600),
    fallback: 5,
    about: "how often a client that is not read from is asked whether it is still there",
  },
  maxConnections: {
    kind: wholeNumber(1, 100_000),
    fallback: 4_096,
    about: "clients of streams at once",
    needsRestart: true,
  },
  maxStreams: {
    kind: wholeNumber(8, 65_536),
    fallback: 2_048,
    about: "parts of one session at once; a forwarded connection has two",
  },
  maxHeaderBytes: {
    kind: wholeNumber(1_024, mebibyte),
    fallback: 65_536,
    about: "most bytes of one block of headers, unpacked",
  },
  maxPorts: {
    kind: wholeNumber(1, 1_024),
    fallback: 64,
    about: "ports that one WebSocket may forward",
  },
  attachBacklogBytes: {
    kind: wholeNumber(65_536, 1_024 * mebibyte),
    fallback: 4 * mebibyte,
    about: "how far an attached client may fall behind its container before it is dropped",
  },
};
