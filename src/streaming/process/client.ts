import type { Readable, Writable } from "node:stream";

/** The streams that a client has opened for a process, whatever carries them. */
export interface ProcessClient {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly resize?: Readable;
  readonly error: Writable;
  /** Aborts with a Fault when the client has gone. */
  readonly gone: AbortSignal;
  /** Says that all is said. The client hangs up then. */
  end(): void;
  destroy(error?: Error): void;
}
