import { PassThrough } from "node:stream";
import type { ProcessEnd, ProcessSession, TerminalSize, WantedStreams } from "#spec";
import { sessionClosed } from "../faults.ts";

/** A session in memory, whose other side a test plays. */
export class FakeSession implements ProcessSession {
  readonly stdin?: PassThrough;
  readonly stdout?: PassThrough;
  readonly stderr?: PassThrough;
  readonly ended: Promise<ProcessEnd>;
  /** Every size that the terminal was given. */
  readonly sizes: TerminalSize[] = [];
  isClosed = false;
  readonly #end: (end: ProcessEnd) => void;

  constructor({ tty, stdin, stdout, stderr }: WantedStreams) {
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
    this.ended = promise;
    this.#end = resolve;
    if (stdin) this.stdin = new PassThrough();
    if (stdout) this.stdout = new PassThrough();
    if (stderr && !tty) this.stderr = new PassThrough();
  }

  /** Ends the process: what it wrote can still be read. */
  exit(exitCode: number): void {
    this.stdout?.end();
    this.stderr?.end();
    this.#end({ kind: "exited", exitCode });
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#end({ kind: "failed", fault: sessionClosed("fake session") });
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
  }
}
