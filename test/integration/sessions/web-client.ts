/** A stream's client as browsers and old kubectl proxies are: WebSocket, one channel a byte. */
export interface WebClient {
  /** What came on a channel so far. */
  text(channel: number): string;
  send(channel: number, data: string): void;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a URL that Exec, Attach or PortForward gave out. */
export async function connectWeb(url: string, protocol = "v5.channel.k8s.io"): Promise<WebClient> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), [protocol]);
  socket.binaryType = "arraybuffer";
  const pieces = new Map<number, Buffer[]>();
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    const message = Buffer.from(data as ArrayBuffer);
    const channel = message[0] ?? 0;
    pieces.set(channel, [...(pieces.get(channel) ?? []), message.subarray(1)]);
  });
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no stream at ${url}`)));
  });
  return {
    text: (channel) => Buffer.concat(pieces.get(channel) ?? []).toString(),
    send: (channel, data) => socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(data)])),
    closed,
    close: () => socket.close(),
  };
}
