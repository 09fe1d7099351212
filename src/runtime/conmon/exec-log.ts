import type { Readable } from "node:stream";
import { decodeRuntimeLogLine } from "#spec";
import { settlesWithin } from "./settle-within.ts";

const maxLineBytes = 65_536;
/** Time for what is still in the pipe when the runtime has ended. */
const drainMs = 200;

/**
 * Follows the log of a runtime that runs a command in a container.
 *
 * runc says in a debug line that the command has ended and with what code, and then waits until nobody holds the
 * command's pipes any more, which may be never: so the line is what counts.
 */
export class ExecLog {
  /** The exit code of the command, as soon as the runtime has logged it; pending for ever when it does not. */
  readonly commandEnded: Promise<number>;
  readonly #closed: Promise<void>;
  #exitCode: number | undefined;
  #error: string | undefined;

  constructor(stream: Readable) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.commandEnded = promise;
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(0, maxLineBytes);
      for (const line of lines) this.#take(line, resolve);
    });
    this.#closed = new Promise((settle) => stream.once("close", settle));
  }

  /** Why the runtime could not run the command; undefined when it could. Reads the rest of the log, but not for long. */
  async failure(): Promise<string | undefined> {
    await settlesWithin(this.#closed, drainMs);
    return this.#exitCode === undefined ? this.#error : undefined;
  }

  #take(line: string, ended: (exitCode: number) => void): void {
    const entry = decodeRuntimeLogLine(line);
    if (entry?.level === "error" || entry?.level === "fatal") this.#error = entry.message;
    if (entry?.pid === undefined || entry.status === undefined) return;
    this.#exitCode = entry.status;
    ended(entry.status);
  }
}
