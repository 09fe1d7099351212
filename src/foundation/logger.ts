export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Facts of a log line; an error goes under `error`. */
export type LogFacts = Readonly<Record<string, unknown>>;

/**
 * Where log lines go. The message is a constant string; what varies is a fact.
 *
 * error: we failed at our job; warn: this will hurt; info: a pod's or an
 * image's life events; debug: one line a request; trace: lists and statuses.
 */
export interface Logger {
  trace(message: string, facts?: LogFacts): void;
  debug(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
  child(facts: LogFacts): Logger;
}

/** A logger that drops everything, for units that are not about logs. */
export const silentLogger: Logger = {
  trace: drop,
  debug: drop,
  info: drop,
  warn: drop,
  error: drop,
  child: () => silentLogger,
};

function drop(): void {
  // Nothing to write to: the caller asked for silence.
}
