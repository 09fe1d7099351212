import { finished, Readable } from "node:stream";
import { Fault } from "#foundation";

/** Time in which nothing comes although it is wanted: then what the process wrote itself has been read. */
const quietMs = 200;
/** Most of such times after the end of the process, while somebody else goes on writing. */
const maxTurns = 10;

/**
 * What a process writes to one of its streams, as its client reads it.
 *
 * The process may end while another one that it started keeps the stream open. From then on it ends when nothing has
 * come for a moment in which the client was ready to read; a client that reads slowly loses nothing.
 */
export class OutputStream extends Readable {
  readonly #source: Readable;
  #timer: NodeJS.Timeout | undefined;
  #turns = 0;
  #cameLately = false;
  #isOver = false;

  /** Owns the source from now on. */
  constructor(source: Readable) {
    super();
    this.#source = source;
    source.on("data", (piece: Buffer) => {
      this.#cameLately = true;
      if (!this.#isOver && !this.push(piece)) source.pause();
    });
    // Tells it also of a source that ended before anybody listened, as that of a silent command does.
    finished(source, { writable: false }, (error) => {
      if (error instanceof Fault) this.destroy(error);
      else this.#finish();
    });
    // An owner that cares listens too; one that does not must not end the daemon.
    this.on("error", () => this.destroy());
  }

  /** Tells that the process has ended: the rest comes soon or never. */
  processEnded(): void {
    if (this.#isOver || this.#timer !== undefined) return;
    this.#cameLately = false;
    this.#timer = setInterval(() => this.#look(), quietMs);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stop();
    done(error);
  }

  #look(): void {
    if (this.#source.isPaused()) return;
    this.#turns += 1;
    if (!this.#cameLately || this.#turns >= maxTurns) this.#finish();
    this.#cameLately = false;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#stop();
    this.push(null);
  }

  #stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#source.destroy();
  }
}
