import type { Readable, Writable } from "node:stream";

export interface ConsoleSize {
  readonly columns: number;
  readonly rows: number;
}

/** Where a person, or a pipe in a person's place, talks with a process in a container. */
export interface Console {
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** Whether the input is a terminal: only then do keys have to be passed on as they are pressed. */
  readonly isTerminal: boolean;
  size(): ConsoleSize | undefined;
  /** Of the terminal that the errors go to, where they go to one. */
  errorsSize(): ConsoleSize | undefined;
  /** Tells of each change of size; what it returns ends that. */
  onResize(listener: () => void): () => void;
  /** Tells once that the program ends now, whether in order or by a signal that nobody handles; what it returns ends that. */
  onEnd(listener: () => void): () => void;
  /** Raw: every key is input, Ctrl-C too. */
  setRaw(isRaw: boolean): void;
  /** Takes no more input, so that the program can end. */
  release(): void;
}

/** The console that the program was started on. */
export function createConsole({ stdin, stdout, stderr }: NodeJS.Process): Console {
  return {
    input: stdin,
    output: stdout,
    errors: stderr,
    isTerminal: stdin.isTTY,
    errorsSize: () => (stderr.isTTY ? { columns: stderr.columns, rows: stderr.rows } : undefined),
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : undefined),
    onResize: (listener) => {
      stdout.on("resize", listener);
      return () => void stdout.off("resize", listener);
    },
    onEnd: watchEnd,
    setRaw: (isRaw) => void stdin.setRawMode(isRaw),
    release: () => void stdin.destroy(),
  };
}

/** A hang-up or Ctrl-\ from elsewhere would end the program without its `exit`: they are sent again when all is told. */
function watchEnd(listener: () => void): () => void {
  const signals = ["SIGHUP", "SIGQUIT"] as const;
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    listener();
    process.kill(process.pid, signal);
  };
  const stop = (): void => {
    process.off("exit", listener);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.once("exit", listener);
  for (const signal of signals) process.once(signal, onSignal);
  return stop;
}
