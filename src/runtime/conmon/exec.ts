import { finished, type Readable, type Writable } from "node:stream";
import type { ProcessEnd, ProcessSession, TerminalSize } from "#spec";
import type { CallOptions, ContainerHandle, ExecRequest } from "../types.ts";
import { type ExecProcess, startExecProcess } from "./exec-process.ts";
import type { ConmonContext } from "./options.ts";
import { OutputStream } from "./output-stream.ts";

/** Starts a command in a container for a client that is there; see `ContainerExec.exec`. */
export async function exec(
  context: ConmonContext,
  container: ContainerHandle,
  request: ExecRequest & CallOptions,
): Promise<ProcessSession> {
  return openExecSession(await startExecProcess(context, container, request), request);
}

/** The session of a command that was started. */
export function openExecSession(process: ExecProcess, request: ExecRequest): ProcessSession {
  return process.terminal === undefined
    ? new ExecSession(process, process)
    : new ExecSession(process, streamsOfTerminal(process.terminal.stream, request));
}

interface RawStreams {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
}

/** A terminal whose output nobody wants is read all the same: its process would stop at a full one. */
function streamsOfTerminal(stream: Readable & Writable, request: ExecRequest): RawStreams {
  if (!request.stdout) stream.resume();
  return { ...(request.stdin ? { stdin: stream } : {}), ...(request.stdout ? { stdout: stream } : {}) };
}

/** A command in a container, until its client leaves. */
class ExecSession implements ProcessSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  readonly ended: Promise<ProcessEnd>;
  readonly #process: ExecProcess;
  #hasEnded = false;
  #closing: Promise<void> | undefined;

  constructor(process: ExecProcess, { stdin, stdout, stderr }: RawStreams) {
    this.#process = process;
    const outputs = [stdout, stderr].map((raw) => (raw === undefined ? undefined : new OutputStream(raw)));
    const [out, err] = outputs;
    if (stdin !== undefined) this.stdin = stdin;
    if (out !== undefined) this.stdout = out;
    if (err !== undefined) this.stderr = err;
    this.ended = process.child.exited.then(({ exitCode }) => {
      this.#hasEnded = true;
      for (const output of outputs) output?.processEnded();
      if (stdin !== undefined && process.terminal === undefined) stdin.destroy();
      return { kind: "exited", exitCode };
    });
    if (process.terminal !== undefined) closeAfter(process.terminal.stream, out);
  }

  resize(size: TerminalSize): void {
    if (this.#process.resize === undefined) this.#process.terminal?.resize(size);
    else this.#process.resize(size);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      if (!this.#hasEnded) await this.#process.kill();
    } finally {
      for (const stream of [this.stdin, this.stdout, this.stderr, this.#process.terminal?.stream]) stream?.destroy();
    }
  }
}

/** The terminal goes with its output, or alone when nobody wanted that. */
function closeAfter(terminal: Readable & Writable, output: Readable | undefined): void {
  finished(output ?? terminal, { writable: false }, () => terminal.destroy());
}
