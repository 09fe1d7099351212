import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** An answer that refuses an upgrade. */
export interface Refusal {
  readonly status: 400 | 403 | 404;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request that asked for an upgrade with something else, and hangs up. */
export function refuse(socket: Duplex, { status, text, headers = {} }: Refusal): void {
  const body = `${text}\n`;
  const all = {
    Connection: "close",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on("error", () => undefined); // who does not want to hear it has hung up
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
  socket.resume();
}
