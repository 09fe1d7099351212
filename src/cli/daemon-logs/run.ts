import { type Command, Option } from "commander";
import { readLocalLines } from "#client";
import type { OpenSession } from "../command.ts";
import { misused } from "../faults.ts";
import { parseCount } from "../number-flag.ts";
import type { Session } from "../session.ts";
import { type DaemonLogLevel, type DaemonLogLine, levels, parseDaemonLogLine } from "./parse-line.ts";
import { renderDaemonLogLine } from "./render.ts";

interface Flags {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly level?: DaemonLogLevel;
  readonly request?: string;
  readonly grep?: string;
}

/** `crisp daemon-logs` prints crispd's own log for people, from a file or from what is piped in. */
export function declareDaemonLogs(command: Command, open: OpenSession): void {
  command
    .argument("[file]", "the log; standard input when there is none, or -")
    .option("-f, --follow", "go on with what comes, also when the file is rotated")
    .option("-n, --tail <count>", "begin with the last lines", parseCount)
    .addOption(new Option("-l, --level <level>", "only lines at least as grave").choices(levels))
    .option("--request <id>", "only the lines of this call")
    .option("--grep <text>", "only lines that hold this text, such as an id");
  command.action(async (file: string | undefined, flags: Flags) => {
    const session = await open();
    for await (const line of readLines(session, file, flags)) {
      const text = select(line, flags);
      if (text !== undefined) await session.terminal.write(text);
    }
  });
}

function readLines({ console, signal }: Session, file: string | undefined, flags: Flags): AsyncIterable<string> {
  if (file !== undefined && file !== "-") {
    const { tail, follow = false } = flags;
    return readLocalLines(file, { signal, follow, ...(tail === undefined ? {} : { lastLines: tail }) });
  }
  if (flags.tail !== undefined) throw misused("--tail needs a file");
  if (console.isTerminal)
    throw misused("name a file, or pipe a log in: journalctl -fu crisp -o cat | crisp daemon-logs");
  return linesOf(console.input, signal);
}

async function* linesOf(input: Session["console"]["input"], signal: AbortSignal): AsyncGenerator<string> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input, crlfDelay: Infinity, signal });
  yield* lines;
  signal.throwIfAborted();
}

/** The line as it is printed; undefined when it is not wanted. What is no line of the log belongs to the one before. */
function select(text: string, flags: Flags): string | undefined {
  if (flags.grep !== undefined && !text.includes(flags.grep)) return undefined;
  const line = parseDaemonLogLine(text);
  if (line === undefined) return flags.level === undefined && flags.request === undefined ? `${text}\n` : undefined;
  return isWanted(line, flags) ? renderDaemonLogLine(line) : undefined;
}

function isWanted({ level, facts }: DaemonLogLine, flags: Flags): boolean {
  const isGrave = flags.level === undefined || levels.indexOf(level) >= levels.indexOf(flags.level);
  return isGrave && (flags.request === undefined || facts["requestId"] === flags.request);
}
