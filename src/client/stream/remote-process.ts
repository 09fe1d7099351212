import type { Duplex, Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { decodeProcessStatus } from "#spec";
import { SpdyConnection, WebSocketChannels } from "#wire";
import { failedRemotely, streamLost } from "../faults.ts";
import { dialSpdy, dialWebSocket, type StreamTransport } from "./dial.ts";

export interface RemoteProcessOptions {
  /** As Exec or Attach answered it. */
  readonly url: string;
  readonly transport: StreamTransport;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly signal: AbortSignal;
}

/** A process in a container, as far as its streams reach. */
export interface RemoteProcess {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** The exit code. Rejects with a Fault when the server tells of a failure, or hangs up without a word. */
  readonly exitCode: Promise<number>;
  /** Hangs up: an exec'ed process is ended by it, an attached container runs on. */
  close(): void;
}

/** The streams of a process, whatever carries them. */
interface ProcessStreams {
  readonly streams: Readonly<Partial<Record<StreamName, Duplex>>>;
  close(): void;
}

type StreamName = "stdin" | "stdout" | "stderr" | "error" | "resize";

const channelOf: Readonly<Record<StreamName, number>> = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 };

/**
 * Opens the streams behind a URL of Exec or Attach.
 *
 * @throws Fault when the server cannot be reached or refuses
 */
export async function openRemoteProcess(options: RemoteProcessOptions): Promise<RemoteProcess> {
  const opened = options.transport === "spdy" ? await openSpdy(options) : await openWebSocket(options);
  const { stdin, stdout, stderr, error, resize } = opened.streams;
  if (error === undefined) throw streamLost("the streaming server has not opened the error stream");
  const exitCode = readStatus(error);
  exitCode.catch(() => undefined); // whoever does not ask for it has hung up
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    exitCode,
    resize: ({ columns, rows }) => void resize?.write(JSON.stringify({ Width: columns, Height: rows })),
    close: () => opened.close(),
  };
}

/** Which streams to open, in the order in which servers expect them. */
function wantedStreams({ tty, ...wanted }: RemoteProcessOptions): StreamName[] {
  const named = (["stdin", "stdout", "stderr"] as const).filter((name) => wanted[name]);
  return ["error", ...named, ...(tty ? (["resize"] as const) : [])];
}

async function openSpdy(options: RemoteProcessOptions): Promise<ProcessStreams> {
  const { socket } = await dialSpdy({ ...options, protocols: ["v4.channel.k8s.io"] });
  const connection = new SpdyConnection(socket, { role: "client", onClose: () => socket.destroy() });
  const streams: Partial<Record<StreamName, Duplex>> = {};
  for (const name of wantedStreams(options)) {
    streams[name] = await connection.open(new Map([["streamtype", [name]]]));
  }
  // What we only read has an end of our own, too: servers wait for nothing there.
  streams.error?.end();
  return { streams, close: () => connection.destroy() };
}

async function openWebSocket(options: RemoteProcessOptions): Promise<ProcessStreams> {
  const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
  const { socket, protocol } = await dialWebSocket({ ...options, protocols });
  const names = wantedStreams(options);
  const channels: WebSocketChannels = new WebSocketChannels(socket, {
    role: "client",
    format: { encoding: "binary", hasClose: protocol === "v5.channel.k8s.io" },
    channels: names.map((name) => channelOf[name]),
    onClose: () => socket.destroy(),
  });
  return {
    streams: Object.fromEntries(names.map((name) => [name, channels.channel(channelOf[name])])),
    close: () => channels.destroy(),
  };
}

async function readStatus(error: Readable): Promise<number> {
  let bytes: Buffer;
  try {
    bytes = await buffer(error);
  } catch (cause) {
    throw streamLost("the connection was lost before the process told how it ended", cause);
  }
  if (bytes.length === 0) throw streamLost("the connection ended before the process told how it ended");
  const status = decodeProcessStatus(bytes);
  if (status.kind === "failed") throw failedRemotely(status.message);
  return status.exitCode;
}
