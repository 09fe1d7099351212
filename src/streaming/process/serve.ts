import type { Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { abortReason, Fault } from "#foundation";
import type { ProcessEnd, ProcessSession } from "#spec";
import { fellBehind } from "../faults.ts";
import type { ProcessClient } from "./client.ts";
import { formatEnd } from "./status.ts";
import { TerminalSizeReader } from "./terminal-sizes.ts";

export interface ServeProcessOptions {
  readonly hasStatusDocument: boolean;
  /** Whether the client is to hear the exit code. An attached client is not: its part succeeded whatever the container's code. */
  readonly tellsExitCode: boolean;
  /** Opens the process's side; the signal aborts when the client has gone. */
  readonly open: (signal: AbortSignal) => Promise<ProcessSession>;
  /**
   * What a client that does not read does to the process: a command of its own
   * waits; a container never does, the client is dropped when so many bytes wait.
   */
  readonly whenStalled: { readonly kind: "wait" } | { readonly kind: "drop"; readonly backlogBytes: number };
}

/**
 * Joins a client with a process until the process has ended and all it wrote
 * is sent, then tells how it ended. A client that goes first ends the session.
 *
 * @throws Fault `canceled` when the client went, `exhausted` when it was dropped
 */
export async function serveProcess(client: ProcessClient, options: ServeProcessOptions): Promise<void> {
  const end = await relay(client, options);
  client.gone.throwIfAborted();
  const outputs = [client.stdout, client.stderr].map((stream) => endWriting(stream));
  const told: ProcessEnd = end.kind === "exited" && !options.tellsExitCode ? { kind: "exited", exitCode: 0 } : end;
  const status = endWriting(client.error, formatEnd(told, options.hasStatusDocument));
  await Promise.race([Promise.all([...outputs, status]), abortReason(client.gone)]);
  client.end();
}

/** Ends a stream to the client; resolves when all of it is on its way. A stream that the client has closed has no end. */
async function endWriting(stream: Writable | undefined, last = ""): Promise<void> {
  if (stream === undefined || stream.destroyed || stream.writableFinished) return;
  if (last === "") stream.end();
  else stream.end(last);
  await finished(stream, { readable: false }).catch(() => undefined);
}

/** How the process ended; a session that cannot be opened or breaks is an end, too. */
async function relay(client: ProcessClient, options: ServeProcessOptions): Promise<ProcessEnd> {
  try {
    const session = await options.open(client.gone);
    try {
      return await Promise.race([relayStreams(client, session, options), abortReason(client.gone)]);
    } finally {
      await session.close();
    }
  } catch (error) {
    return { kind: "failed", fault: Fault.from(error) };
  }
}

async function relayStreams(
  client: ProcessClient,
  session: ProcessSession,
  options: ServeProcessOptions,
): Promise<ProcessEnd> {
  relayInput(client, session);
  relaySizes(client, session);
  await Promise.all([
    relayOutput(session.stdout, client.stdout, client, options),
    relayOutput(session.stderr, client.stderr, client, options),
  ]);
  return session.ended;
}

function relayInput({ stdin: from }: ProcessClient, { stdin: to }: ProcessSession): void {
  if (from === undefined) return;
  if (to === undefined) {
    from.resume();
    return;
  }
  // A process may close its input and go on: what comes then is read and dropped, so that the rest is still heard.
  to.on("error", () => from.unpipe(to).resume());
  to.on("close", () => from.unpipe(to).resume());
  from.pipe(to);
}

function relaySizes({ resize }: ProcessClient, session: ProcessSession): void {
  const sizes = new TerminalSizeReader();
  resize?.on("data", (bytes: Buffer) => {
    for (const size of sizes.push(bytes)) session.resize(size);
  });
}

async function relayOutput(
  from: Readable | undefined,
  to: Writable | undefined,
  client: ProcessClient,
  { whenStalled }: ServeProcessOptions,
): Promise<void> {
  if (from === undefined) return;
  if (to === undefined) {
    from.resume();
  } else if (whenStalled.kind === "wait") {
    await pipeline(from, to);
  } else {
    await readWithoutPause(from, to, () => client.destroy(fellBehind(whenStalled.backlogBytes)), whenStalled);
  }
}

/** Copies without ever pausing the source: what the sink does not take waits in it, up to a limit. */
async function readWithoutPause(
  from: Readable,
  to: Writable,
  drop: () => void,
  { backlogBytes }: { readonly backlogBytes: number },
): Promise<void> {
  from.on("data", (bytes: Buffer) => {
    if (to.destroyed) return;
    to.write(bytes);
    if (to.writableLength > backlogBytes) drop();
  });
  await finished(from, { writable: false });
  to.end();
}
