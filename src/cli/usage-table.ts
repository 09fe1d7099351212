import { setTimeout } from "node:timers/promises";
import type { Command } from "commander";
import type { CpuUsage } from "#proto/cri/v1/runtime_pb.js";
import { openLiveText } from "./live-text.ts";
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

/** Reads twice and shows what happened between; with `--watch` until the person has seen enough. */
export async function showUsage<Stats>(session: Session, flags: UsageFlags, table: UsageTable<Stats>): Promise<void> {
  const { terminal, signal } = session;
  const live = flags.watch === true ? openLiveText(session) : undefined;
  try {
    let before = await table.read();
    do {
      await setTimeout(flags.seconds * 1_000, undefined, { signal });
      const stats = await table.read();
      const text = table.render(stats, before);
      await (live === undefined ? terminal.write(text) : live.show(text));
      before = stats;
    } while (live !== undefined);
  } finally {
    live?.close();
  }
}

/** Use of the processors between two readings, in percent of one: `12.50`. */
export function formatCpuPercent(after: CpuUsage | undefined, before: CpuUsage | undefined): string {
  if (after === undefined || before === undefined || after.timestamp <= before.timestamp) return "0.00";
  const used = (after.usageCoreNanoSeconds?.value ?? 0n) - (before.usageCoreNanoSeconds?.value ?? 0n);
  const percent = (Number(used) / Number(after.timestamp - before.timestamp)) * 100;
  return Math.max(percent, 0).toFixed(2);
}
