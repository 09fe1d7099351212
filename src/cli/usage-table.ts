import { setTimeout } from "node:timers/promises";
import type { Command } from "commander";
import { isFault, messageOf } from "#foundation";
import type { CpuUsage } from "#proto/cri/v1/runtime_pb.js";
import { type LiveText, openLiveText } from "./live-text.ts";
import { parseCount } from "./number-flag.ts";
import type { Session } from "./session.ts";

/** The flags by which commands show usage over time. */
export interface UsageFlags {
  /** Time over which the use of the processors is taken. */
  readonly seconds: number;
  readonly watch?: boolean;
}

export function declareUsageFlags(command: Command): void {
  command
    .option("-s, --seconds <count>", "take the use of the processors over this time", parseCount, 1)
    .option("-w, --watch", "show it again and again");
}

/** How a table of usage comes about. */
export interface UsageTable<Stats> {
  readonly read: () => Promise<readonly Stats[]>;
  /** `before` is what was read at the beginning of the time that the table is about. */
  readonly render: (stats: readonly Stats[], before: readonly Stats[]) => string;
}

type UsageSession = Pick<Session, "terminal" | "console" | "signal">;

/** Reads twice and shows what happened between; with `--watch` until the person has seen enough. */
export async function showUsage<Stats>(
  session: UsageSession,
  flags: UsageFlags,
  table: UsageTable<Stats>,
): Promise<void> {
  const pause = (): Promise<void> => setTimeout(flags.seconds * 1_000, undefined, { signal: session.signal });
  const before = await table.read();
  await pause();
  const stats = await table.read();
  const text = table.render(stats, before);
  if (flags.watch !== true) return await session.terminal.write(text);
  const live = openLiveText(session);
  try {
    await live.show(text);
    await keepShowing(live, { stats, text }, { ...table, pause });
  } finally {
    live.close();
  }
}

/** What was read last, and how it looked. */
interface Last<Stats> {
  readonly stats: readonly Stats[];
  readonly text: string;
}

/** A runtime that is away or busy may come back: its last numbers stay, marked as old. */
async function keepShowing<Stats>(
  live: LiveText,
  first: Last<Stats>,
  { read, render, pause }: UsageTable<Stats> & { readonly pause: () => Promise<void> },
): Promise<never> {
  for (let last = first; ; ) {
    await pause();
    try {
      const stats = await read();
      last = { stats, text: render(stats, last.stats) };
      await live.show(last.text);
    } catch (error) {
      if (!isFault(error, "unavailable") && !isFault(error, "timed-out")) throw error;
      await live.show(`OLD NUMBERS: ${messageOf(error)}\n${last.text}`);
    }
  }
}

/** Use of the processors between two readings, in percent of one: `12.50`. */
export function formatCpuPercent(after: CpuUsage | undefined, before: CpuUsage | undefined): string {
  if (after === undefined || before === undefined || after.timestamp <= before.timestamp) return "0.00";
  const used = (after.usageCoreNanoSeconds?.value ?? 0n) - (before.usageCoreNanoSeconds?.value ?? 0n);
  const percent = (Number(used) / Number(after.timestamp - before.timestamp)) * 100;
  return Math.max(percent, 0).toFixed(2);
}
