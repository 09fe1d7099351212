import type { Readable, Writable } from "node:stream";
import type { Fault } from "#foundation";

/** Which of a process's streams are wanted. With a terminal, standard error is part of standard output. */
export interface WantedStreams {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a process ended, or why its end will never be known. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "failed"; readonly fault: Fault };

/**
 * One client's hold on a process of a container.
 *
 * A stream is there exactly when it was wanted and the process has it. An output ends after the last byte that was
 * written to it, at the latest a bounded moment after the process when somebody else keeps it open; a slow reader loses
 * nothing by that. An output that fails is destroyed with a Fault.
 *
 * Ending `stdin` closes the process's standard input: with a terminal it is only forgotten, and for an attached
 * container its monitor decides. What is written after the end is dropped, never an uncaught error.
 */
export interface ProcessSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** Sets the terminal's size; without one, and after the end, it does nothing. */
  resize(size: TerminalSize): void;
  /** Settles once the process has ended, whether or not its output has been read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Lets go: ends an exec'ed process with all its children; an attached container runs on. Idempotent; destroys the streams. */
  close(): Promise<void>;
}
