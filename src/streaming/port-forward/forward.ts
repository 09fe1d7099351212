import type { Duplex, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { messageOf } from "#foundation";

export interface ForwardOptions {
  readonly port: number;
  /** Connects to the port; the signal aborts when the client has gone. */
  readonly connect: (port: number, signal: AbortSignal) => Promise<Duplex>;
  readonly gone: AbortSignal;
  /** Whether a client can end its direction alone; without that the end of the port's is the end of both. */
  readonly hasHalfClose: boolean;
}

/**
 * Joins one connection of a client with a port inside the sandbox until both
 * directions have ended. What goes wrong is text on the error stream, and the
 * end of this connection alone.
 */
export async function forward(data: Duplex, error: Writable, options: ForwardOptions): Promise<void> {
  try {
    await join(data, await options.connect(options.port, options.gone), options.hasHalfClose);
    error.end();
  } catch (cause) {
    error.end(`error forwarding port ${options.port}: ${messageOf(cause)}`);
    data.destroy();
  }
}

/**
 * Copies both ways; the end of one direction is a half close of the other side.
 * A client that breaks its connection off is done with it, which is no failure.
 */
async function join(client: Duplex, target: Duplex, hasHalfClose: boolean): Promise<void> {
  client.pipe(target);
  target.pipe(client);
  const clientEnd = finished(client, { readable: hasHalfClose }).then(
    () => "ended" as const,
    () => "broken off" as const,
  );
  const targetEnd = finished(target);
  try {
    const isBroken = (await Promise.race([clientEnd, targetEnd])) === "broken off";
    if (!isBroken && (await clientEnd) === "ended" && hasHalfClose) await targetEnd;
  } finally {
    targetEnd.catch(() => undefined); // what is destroyed here ends before its time
    client.destroy();
    target.destroy();
  }
}
