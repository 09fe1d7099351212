import type { Command } from "commander";
import { parseRfc3339Nanos } from "#spec";
import { findDurationMs } from "../duration.ts";
import { misused } from "../faults.ts";
import { parseCount } from "../number-flag.ts";

export interface LogsFlags {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly reopen?: boolean;
  readonly tail?: number;
  readonly limitBytes?: number;
  readonly since?: string;
  readonly timestamps?: boolean;
  readonly stream?: "stdout" | "stderr";
}

export function declareLogsFlags(command: Command): void {
  command
    .argument("<container>", "id of the container, or its unique beginning")
    .option("-f, --follow", "go on until the container ends")
    .option("-p, --previous", "the log of the container's last attempt")
    .option("-r, --reopen", "let the runtime open the log file anew first")
    .option("--tail <lines>", "only the last lines", parseCount)
    .option("--limit-bytes <bytes>", "no more output than this", parseCount)
    .option("--since <time>", "only what was written since then: 2026-01-02T03:04:05Z, or 42m for 42 minutes ago")
    .option("-t, --timestamps", "show when each line was written")
    .option("-s, --stream <name>", "only this stream: stdout or stderr", parseStream);
}

function parseStream(text: string): "stdout" | "stderr" {
  if (text === "stdout" || text === "stderr") return text;
  throw misused(`stream ${JSON.stringify(text)}: use stdout or stderr`);
}

/**
 * Reads a moment: a duration before now, Unix seconds, or RFC 3339 (UTC when it names no zone).
 *
 * @throws Fault `invalid` for anything else
 */
export function parseSince(text: string, nowNanos: bigint): bigint {
  const durationMs = findDurationMs(text);
  if (durationMs !== undefined) return nowNanos - BigInt(Math.round(durationMs * 1_000_000));
  if (/^\d+$/.test(text)) return BigInt(text) * 1_000_000_000n;
  const dateAlone = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text;
  const nanos = parseRfc3339Nanos(dateAlone) ?? parseRfc3339Nanos(`${dateAlone}Z`);
  if (nanos === undefined) throw misused(`time ${JSON.stringify(text)}: write it like 2026-01-02T03:04:05Z or 42m`);
  return nanos;
}
