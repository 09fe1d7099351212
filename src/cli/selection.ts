import type { Command } from "commander";
import { collect, parsePattern } from "./labels.ts";
import { parseCount } from "./number-flag.ts";

/** The flags that lists of pods and of containers share. */
export interface SelectionFlags {
  readonly name?: RegExp;
  readonly namespace?: RegExp;
  readonly label?: readonly string[];
  readonly latest?: boolean;
  readonly last?: number;
}

export function declareSelection(command: Command): void {
  command
    .option("--name <pattern>", "only those whose name matches this regular expression", parsePattern)
    .option("--namespace <pattern>", "only those whose pod's namespace matches this regular expression", parsePattern)
    .option("--label <key=value>", "only those with this label; may be given more than once", collect)
    .option("-l, --latest", "only the newest, whatever its state")
    .option("-n, --last <count>", "only the newest ones, whatever their state; 0: all", parseCount);
}

/** How many of the newest are wanted; undefined: all. */
export function wantedCount({ latest = false, last = 0 }: SelectionFlags): number | undefined {
  if (last > 0) return last;
  return latest ? 1 : undefined;
}

/** The newest first, and no more than are wanted. */
export function takeNewest<T extends { readonly createdAt: bigint }>(
  items: readonly T[],
  flags: SelectionFlags,
): readonly T[] {
  return items.toSorted((a, b) => Number(b.createdAt - a.createdAt)).slice(0, wantedCount(flags));
}
