import { type Logger as PinoLogger, pino } from "pino";
import { Fault, type LogFacts, type Logger, type LogLevel } from "#foundation";

/** A logger that writes one JSON line a message to standard error, at once: the last words before a crash count. */
export function createLogger(level: LogLevel): Logger {
  const sink = pino.destination({ fd: 2, sync: true });
  return wrap(
    pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: describeError } }, sink),
  );
}

function wrap(target: PinoLogger): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, facts?: LogFacts): void => {
      if (facts === undefined) target[level](message);
      else target[level](facts, message);
    };
  return {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (facts) => wrap(target.child(facts)),
  };
}

/** A fault is told by its message and facts; the stack only of what nobody foresaw. */
function describeError(error: unknown): unknown {
  if (error instanceof Fault) return { kind: error.kind, message: error.message, reason: error.reason };
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return error;
}
