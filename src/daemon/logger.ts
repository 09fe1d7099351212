import { type Logger as PinoLogger, pino } from "pino";
import { Fault, type LogFacts, type Logger, type LogLevel } from "#foundation";

/** The daemon's logger, of which every other one is a child. */
export interface DaemonLogger extends Logger {
  /** Sets the least grave level that is written, also by children that exist. */
  setLevel(level: LogLevel): void;
}

/** A logger that writes one JSON line a message to standard error, at once: the last words before a crash count. */
export function createLogger(level: LogLevel): DaemonLogger {
  const sink = pino.destination({ fd: 2, sync: true });
  // Children keep the level that their parent had when they were made: the level is therefore asked for here.
  const threshold = { value: severity(level) };
  const root = pino(
    { level: "trace", base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: describeError } },
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
    child: (facts) => wrap(target.child(facts), threshold),
  };
}

/** A fault is told by its message and facts; the stack only of what nobody foresaw. */
function describeError(error: unknown): unknown {
  if (error instanceof Fault) return { kind: error.kind, message: error.message, reason: error.reason };
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return error;
}
