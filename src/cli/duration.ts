import { misused } from "./faults.ts";

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const durationPattern = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const partPattern = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/** Milliseconds of a duration as Go writes them (`1m30s`, `500ms`); undefined when it is none. */
export function findDurationMs(text: string): number | undefined {
  if (text === "0") return 0;
  if (!durationPattern.test(text)) return undefined;
  const parts = [...text.matchAll(partPattern)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ""] ?? 0), 0);
}

/**
 * Reads a flag's duration: `2s`, `1m30s`, or a bare number of seconds.
 *
 * @throws Fault `invalid` for anything else
 */
export function parseDurationMs(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const ms = findDurationMs(text);
  if (ms === undefined) throw misused(`duration ${JSON.stringify(text)}: write it like 2s or 1m30s`);
  return ms;
}
