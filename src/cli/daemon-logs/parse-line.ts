/** A line of crispd's log. */
export interface DaemonLogLine {
  /** As the log has it: `2026-01-02T03:04:05.678Z`. */
  readonly time: string;
  readonly level: DaemonLogLevel;
  readonly message: string;
  /** In their order; the rest of what the line says. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** From the least grave to the gravest. */
export const levels = ["trace", "debug", "info", "warn", "error"] as const;
export type DaemonLogLevel = (typeof levels)[number];

/** Longer lines are none of crispd's. */
const maxLineChars = 1024 * 1024;

/**
 * Reads a line of crispd's log; what a journal has put in front of it is
 * skipped. Undefined for any other line, such as the words of a crash.
 */
export function parseDaemonLogLine(text: string): DaemonLogLine | undefined {
  const start = text.indexOf('{"level":');
  if (start === -1 || text.length > maxLineChars) return undefined;
  const fields = parseObject(text.slice(start));
  if (fields === undefined) return undefined;
  const { level, time, msg, ...facts } = fields;
  const name = levels[Number(level) / 10 - 1];
  if (name === undefined || typeof time !== "string" || typeof msg !== "string") return undefined;
  return { time, level: name, message: msg, facts };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Cut short by a crash, or never ours: it is shown as it is.
    return undefined;
  }
}
