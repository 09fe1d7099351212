import { PassThrough, type Readable, type Writable } from "node:stream";
import type { ProcessEnd, ProcessSession, TerminalSize, WantedStreams } from "#spec";

/** A process that a test plays: what it is told, and what it says. */
export class FakeProcess implements ProcessSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  readonly ended: Promise<ProcessEnd>;
  /** The far ends of its streams. */
  readonly input: PassThrough = new PassThrough();
  readonly output: PassThrough = new PassThrough();
  readonly errors: PassThrough = new PassThrough();
  readonly sizes: TerminalSize[] = [];
  isClosed = false;
  #end: (end: ProcessEnd) => void = () => undefined;

  constructor(wanted: WantedStreams) {
    if (wanted.stdin) this.stdin = this.input;
    if (wanted.stdout) this.stdout = this.output;
    if (wanted.stderr) this.stderr = this.errors;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Ends as a process does: no more output, then an exit code. */
  exit(exitCode: number): void {
    this.output.end();
    this.errors.end();
    this.#end({ kind: "exited", exitCode });
  }

  fail(end: Extract<ProcessEnd, { kind: "failed" }>): void {
    this.output.end();
    this.errors.end();
    this.#end(end);
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size);
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const stream of [this.input, this.output, this.errors]) stream.destroy();
    return Promise.resolve();
  }
}
