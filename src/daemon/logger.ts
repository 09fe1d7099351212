import { type Logger as PinoLogger, pino } from "pino";
import {
  type CallContexts,
  Fault,
  type LogFacts,
  type Logger,
  type LogLevel,
  redactFacts,
  redactText,
} from "#foundation";

/** The daemon's logger, of which every other one is a child. */
export interface DaemonLogger extends Logger {
  /** Sets the least grave level that is written, also by children that exist. */
  setLevel(level: LogLevel): void;
}

/** Where lines go: a file descriptor by default. */
export interface LogSink {
  write(line: string): void;
}

/**
 * A logger that writes one JSON line a message, at once, to standard error: the last words before a crash count.
 *
 * What is logged inside of a call has the call's `requestId`. Secrets are written as `[redacted]`.
 */
export function createLogger(
  level: LogLevel,
  contexts: CallContexts,
  sink: LogSink = pino.destination({ fd: 2, sync: true }),
): DaemonLogger {
  // Children keep the level that their parent had when they were made: the level is therefore asked for here.
  const threshold = { value: severity(level) };
  const root = pino(
    {
      level: "trace",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => ({ ...contexts.current() }),
      formatters: { log: redactFacts },
      serializers: { error: describeError },
    },
    sink,
  );
  return {
    ...wrap(root, threshold),
    setLevel: (next) => {
      threshold.value = severity(next);
    },
  };
}

function severity(level: LogLevel): number {
  return pino.levels.values[level] ?? 0;
}

function wrap(target: PinoLogger, threshold: { readonly value: number }): Logger {
  const write =
    (level: LogLevel, weight = severity(level)) =>
    (message: string, facts?: LogFacts): void => {
      if (weight < threshold.value) return;
      if (facts === undefined) target[level](message);
      else target[level](facts, message);
    };
  return {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (facts) => wrap(target.child(redactFacts(facts)), threshold),
  };
}

/** A fault is told by its message and facts; the stack only of what nobody foresaw. */
function describeError(error: unknown): unknown {
  if (error instanceof Fault) {
    const { kind, reason } = error;
    const message = redactText(error.message);
    return { kind, message, ...(reason === undefined ? {} : { reason: redactFacts(reason) }) };
  }
  if (error instanceof Error) return { message: redactText(error.message), stack: redactText(error.stack ?? "") };
  return error;
}
