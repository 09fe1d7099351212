import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";

/** How a descriptor differs from an ordinary stream. */
export interface ForeignKind {
  /** For messages: "connection to /x/attach". */
  readonly name: string;
  /** Whether each piece that is read stands for itself; it is then one chunk, however the stream is consumed. */
  readonly keepsPackets: boolean;
  /** Most bytes of one write. */
  readonly maxWriteBytes: number;
  /** Whether its writing side can be closed alone; otherwise `end()` is only remembered. */
  readonly canHalfClose: boolean;
  /** Errno with which the other side says that it is gone for good. */
  readonly endErrno?: string;
}

/** How many packets wait for a slow reader before the sender has to. */
const maxPacketsWaiting = 64;

/** A stream on a descriptor that Node would take for an ordinary socket. */
export class ForeignDuplex extends Duplex {
  readonly #socket: Socket;
  readonly #kind: ForeignKind;
  #hasEnded = false;

  /** Owns the socket from now on. */
  constructor(socket: Socket, kind: ForeignKind) {
    super({
      allowHalfOpen: true,
      readableObjectMode: kind.keepsPackets,
      ...(kind.keepsPackets ? { readableHighWaterMark: maxPacketsWaiting } : {}),
    });
    this.#socket = socket;
    this.#kind = kind;
    socket.on("data", (piece: Buffer) => {
      if (!this.push(piece)) socket.pause();
    });
    socket.on("end", () => this.#endReading());
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#endReading());
    // An owner that cares listens too; one that does not must not end the daemon.
    this.on("error", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const [now, later] = [bytes.subarray(0, this.#kind.maxWriteBytes), bytes.subarray(this.#kind.maxWriteBytes)];
    this.#socket.write(now, (error) => {
      if (error !== null && error !== undefined) done(this.#faultOf(error));
      else if (later.length === 0) done();
      else this._write(later, _encoding, done);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#kind.canHalfClose && !this.#socket.destroyed) this.#socket.end(() => done());
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #endReading(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
  }

  #fail(error: Error): void {
    const { endErrno } = this.#kind;
    if (endErrno !== undefined && isErrno(error, endErrno)) this.#endReading();
    else this.destroy(this.#faultOf(error));
  }

  #faultOf(error: Error): Error {
    return hostFault(this.#kind.name, error);
  }
}
