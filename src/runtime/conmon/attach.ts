import { type Duplex, Readable, Writable } from "node:stream";
import { Fault } from "#foundation";
import type { ProcessEnd, ProcessSession, TerminalSize, WantedStreams } from "#spec";
import { clientTooSlow, endUnknown, sessionClosed, wrongState } from "../faults.ts";
import type { CallOptions, ContainerExit, ContainerHandle } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import { observeExit } from "./observe-exit.ts";
import type { ConmonContext } from "./options.ts";
import { isInitAlive } from "./signal-container.ts";

/** How far a client may be behind what its container writes, for each stream. */
const maxBehindBytes = 1_048_576;
/** The first byte of a packet says what it is of. */
const stdoutTag = 2;
const stderrTag = 3;

/** Joins the streams of a container's first process; see `ContainerExec.attach`. */
export async function attach(
  context: ConmonContext,
  container: ContainerHandle,
  request: WantedStreams & CallOptions,
): Promise<ProcessSession> {
  const act = `attach to ${container.id}`;
  if (request.signal?.aborted === true) throw Fault.within(act, request.signal.reason);
  if (!isInitAlive(context, container)) throw wrongState("attach to", container.id, "it does not run");
  try {
    const { attach: path, control } = bundleFiles(container.bundleDirectory);
    return new AttachSession({
      containerId: container.id,
      request,
      connection: await context.host.sockets.connectPackets(path),
      observeExit: (signal) => observeExit(context, container, { signal }),
      resize: ({ columns, rows }) => context.host.files.writeFifo(control, `1 ${rows} ${columns}\n`),
    });
  } catch (error) {
    if (!isInitAlive(context, container)) throw wrongState("attach to", container.id, "it ended meanwhile");
    throw Fault.within(act, error);
  }
}

/** What a client has joined. */
export interface Joined {
  readonly containerId: string;
  readonly request: WantedStreams;
  /** Gives one packet a chunk. */
  readonly connection: Duplex;
  readonly observeExit: (signal: AbortSignal) => Promise<ContainerExit>;
  readonly resize: (size: TerminalSize) => Promise<void>;
  /** Told when the client has no more input. */
  readonly onInputEnd?: () => void;
}

/** A client of a container's own streams, which come through its monitor. */
export class AttachSession implements ProcessSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  readonly ended: Promise<ProcessEnd>;
  /** Sizes come one after the other: the last one stays. */
  #resized: Promise<void> = Promise.resolve();
  readonly #joined: Joined;
  readonly #outputs = new Map<number, Readable>();
  readonly #letGo = new AbortController();

  constructor(joined: Joined) {
    const { connection, request } = joined;
    this.#joined = joined;
    if (request.stdin) this.stdin = inputTo(connection, joined.onInputEnd);
    if (request.stdout) this.stdout = this.#output(stdoutTag);
    if (request.stderr && !request.tty) this.stderr = this.#output(stderrTag);
    connection.on("data", (packet: Buffer) => this.#take(packet));
    connection.on("error", (error) => this.#letGoWith(error));
    connection.once("close", () => {
      for (const output of this.#outputs.values()) output.push(null);
    });
    connection.once("end", () => connection.destroy());
    this.ended = this.#observe();
  }

  resize(size: TerminalSize): void {
    // It has ended, and with it whoever would have cared.
    const resize = (): Promise<void> => this.#joined.resize(size).catch(() => undefined);
    this.#resized = this.#resized.then(resize);
  }

  async close(): Promise<void> {
    this.#letGoWith(undefined);
  }

  #output(tag: number): Readable {
    const output = new Readable({ highWaterMark: maxBehindBytes, read: () => undefined });
    // An owner that cares listens too; one that does not must not end the daemon.
    output.on("error", () => output.destroy());
    this.#outputs.set(tag, output);
    return output;
  }

  /** The monitor waits for us while it writes, and the container for the monitor: so this never waits for a client. */
  #take(packet: Buffer): void {
    const output = this.#outputs.get(packet[0] ?? 0);
    if (output === undefined || output.destroyed) return;
    output.push(packet.subarray(1));
    if (output.readableLength > maxBehindBytes)
      this.#letGoWith(clientTooSlow(this.#joined.containerId, maxBehindBytes));
  }

  async #observe(): Promise<ProcessEnd> {
    const { signal } = this.#letGo;
    try {
      const exit = await this.#joined.observeExit(signal);
      if (exit.kind === "exited") return { kind: "exited", exitCode: exit.exitCode };
      return { kind: "failed", fault: endUnknown(this.#joined.containerId) };
    } catch (error) {
      return { kind: "failed", fault: Fault.from(error) };
    }
  }

  #letGoWith(error: Error | undefined): void {
    const act = `attach to ${this.#joined.containerId}`;
    // Once: a client that is gone has no more input either.
    if (this.stdin?.writableFinished === false && !this.#letGo.signal.aborted) this.#joined.onInputEnd?.();
    this.#letGo.abort(error === undefined ? sessionClosed(act) : Fault.from(error));
    for (const stream of [this.stdin, ...this.#outputs.values()]) stream?.destroy(error);
    this.#joined.connection.destroy();
  }
}

/** Its end is a half close, which tells the monitor to close the container's input when it was made so. */
function inputTo(connection: Duplex, onEnd: (() => void) | undefined): Writable {
  const input = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      // What comes after the end is dropped.
      if (connection.destroyed) done();
      else connection.write(bytes, () => done());
    },
    final: (done) => {
      connection.end();
      onEnd?.();
      done();
    },
  });
  return input.on("error", () => input.destroy());
}
