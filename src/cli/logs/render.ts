import type { CriLogLine } from "#spec";
import { formatTime } from "../time.ts";

export interface LogStyle {
  readonly timestamps?: boolean;
}

const newline = Buffer.from("\n");

/** One line of a log as it was printed; the newline comes with the last part of a line. */
export function renderLogLine(line: CriLogLine, { timestamps = false }: LogStyle): Buffer {
  const prefix = timestamps ? [Buffer.from(`${formatTime(line.timestampNanos)} `)] : [];
  return Buffer.concat([...prefix, line.content, ...(line.isPartial ? [] : [newline])]);
}

/** The log file of the attempt before: the file is named after the attempt. Undefined for the first attempt. */
export function previousLogPath(path: string, attempt: number): string | undefined {
  if (attempt === 0) return undefined;
  const directoryEnd = path.lastIndexOf("/") + 1;
  const suffixStart = path.lastIndexOf(".");
  return `${path.slice(0, directoryEnd)}${attempt - 1}${suffixStart > directoryEnd ? path.slice(suffixStart) : ""}`;
}
