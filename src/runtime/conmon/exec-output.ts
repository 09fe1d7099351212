import { finished, type Readable } from "node:stream";
import { settlesWithin } from "#foundation";

/** Time for output that is still in the pipes when the command has ended; a process that it left may hold them open. */
const drainMs = 200;

/** Collects two streams up to one limit for both; what is over is read and dropped. */
export class ExecOutput {
  readonly #pieces: Readonly<Record<"stdout" | "stderr", Buffer[]>> = { stdout: [], stderr: [] };
  readonly #streams: readonly Readable[];
  readonly #ended: Promise<unknown>;
  #room: number;

  constructor(stdout: Readable, stderr: Readable, limitBytes: number) {
    this.#room = limitBytes;
    this.#streams = [stdout, stderr];
    this.#ended = Promise.all([this.#collect(stdout, "stdout"), this.#collect(stderr, "stderr")]);
  }

  /** Everything that was written; waits for the end of the streams, but not for long. The streams are closed after. */
  async finish(): Promise<{ readonly stdout: Buffer; readonly stderr: Buffer }> {
    await settlesWithin(this.#ended, drainMs);
    for (const stream of this.#streams) stream.destroy();
    return { stdout: Buffer.concat(this.#pieces.stdout), stderr: Buffer.concat(this.#pieces.stderr) };
  }

  #collect(stream: Readable, name: "stdout" | "stderr"): Promise<void> {
    stream.on("data", (piece: Buffer) => {
      const kept = piece.subarray(0, this.#room);
      this.#room -= kept.length;
      if (kept.length > 0) this.#pieces[name].push(kept);
    });
    // Tells it also of a stream that ended before anybody listened, as that of a silent command does.
    return new Promise((resolve) => finished(stream, { writable: false }, () => resolve()));
  }
}
