import { isJsonObject } from "../cni/json.ts";

/** One line of a runtime's log in its JSON form. */
interface RuntimeLogEntry {
  readonly level: string;
  readonly message: string;
}

/** What a monitor tells its parent: a pid or exit code, or -1 and why. */
export interface MonitorMessage {
  readonly data: number;
  readonly message: string;
}

/** Decodes a line that a runtime logged with `--log-format json`; undefined when it is none. */
function decodeRuntimeLogLine(line: string): RuntimeLogEntry | undefined {
  const entry = parseJson(line);
  if (!isJsonObject(entry)) return undefined;
  const { level, msg } = entry;
  if (typeof msg !== "string") return undefined;
  return {
    // crun leaves the level out of its errors.
    level: typeof level === "string" ? level : "error",
    message: msg,
  };
}

/**
 * The words of a runtime's standard error, without its log dressing: the last error it logged, or the text itself.
 */
export function describeRuntimeError(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const logged = lines.map(decodeRuntimeLogLine).filter((entry) => entry !== undefined);
  const errors = logged.filter((entry) => entry.level === "error" || entry.level === "fatal");
  return (errors.at(-1)?.message ?? logged.at(-1)?.message ?? lines.join("; ")).trim();
}

/** Decodes a line of conmon's sync pipe; undefined when it is none. */
export function decodeMonitorMessage(line: string): MonitorMessage | undefined {
  const value = parseJson(line);
  if (!isJsonObject(value)) return undefined;
  const { data, message } = value;
  if (typeof data !== "number" || !Number.isInteger(data)) return undefined;
  return { data, message: typeof message === "string" ? message : "" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Identity {
  readonly pid: number;
  readonly startTicks: bigint;
}

/** The process that writes a container's log, kept beside it for a daemon that comes later. */
export interface LogWriterRecord {
  readonly process: Identity;
  readonly logPath: string;
}

/** The text of a process's identity. */
export function encodeProcessIdentity({ pid, startTicks }: Identity): string {
  return JSON.stringify({ pid, startTicks: String(startTicks) });
}

/** Decodes the identity of a process that crisp wrote to a file; undefined when it is none. */
export function decodeProcessIdentity(text: string): Identity | undefined {
  return identityOf(parseJson(text));
}

/** The text of a record of a log writer. */
export function encodeLogWriterRecord({ process: { pid, startTicks }, logPath }: LogWriterRecord): string {
  return JSON.stringify({ pid, startTicks: String(startTicks), logPath });
}

/** Undefined when it is none. */
export function decodeLogWriterRecord(text: string): LogWriterRecord | undefined {
  const value = parseJson(text);
  const process = identityOf(value);
  if (process === undefined || !isJsonObject(value) || typeof value["logPath"] !== "string") return undefined;
  return { process, logPath: value["logPath"] };
}

function identityOf(value: unknown): Identity | undefined {
  if (!isJsonObject(value)) return undefined;
  const { pid, startTicks } = value;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (typeof startTicks !== "string" || !/^\d{1,20}$/.test(startTicks)) return undefined;
  return { pid, startTicks: BigInt(startTicks) };
}
