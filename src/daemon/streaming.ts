import type { Config } from "#config";
import { Fault } from "#foundation";
import type { StreamingOptions, TlsOptions } from "#streaming";

/** What the streaming server is told of the configuration. @throws Fault `invalid` when its parts contradict each other */
export function streamingOptionsOf({ streaming }: Config): StreamingOptions {
  const { address, maxTokens, maxConnections, maxStreams, maxHeaderBytes, maxPorts, attachBacklogBytes } = streaming;
  const tls = tlsOptionsOf(streaming);
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    tokenLifeMs: streaming.tokenLifeSeconds * 1_000,
    idleTimeoutMs: streaming.idleTimeoutSeconds * 1_000,
    creationTimeoutMs: streaming.creationTimeoutSeconds * 1_000,
    handshakeTimeoutMs: streaming.handshakeTimeoutSeconds * 1_000,
    lingerMs: streaming.lingerSeconds * 1_000,
    heartbeatMs: streaming.heartbeatSeconds * 1_000,
    maxTokens,
    maxConnections,
    maxStreams,
    maxHeaderBytes,
    maxPorts,
    attachBacklogBytes,
  };
}

function tlsOptionsOf({ tls, certificateFile, keyFile, clientCaFile }: Config["streaming"]): TlsOptions | undefined {
  const clients = clientCaFile === "" ? {} : { clientCaPath: clientCaFile };
  switch (tls) {
    case "off":
      if (clientCaFile !== "") throw contradiction("client_ca_file", "says nothing while streaming.tls is off");
      return undefined;
    case "self-signed":
      return { kind: "self-signed", ...clients };
    case "files":
      if (certificateFile === "") throw contradiction("certificate_file", "is needed where streaming.tls is files");
      if (keyFile === "") throw contradiction("key_file", "is needed where streaming.tls is files");
      return { kind: "pair", certificatePath: certificateFile, keyPath: keyFile, ...clients };
  }
}

function contradiction(key: string, problem: string): Fault {
  return new Fault("invalid", `streaming.${key}: ${problem}`, { reason: { code: "daemon.streaming-setting", key } });
}
