import type { Command } from "commander";
import { misused } from "./faults.ts";

export interface RemovalFlags {
  readonly all?: boolean;
  readonly force?: boolean;
}

/** Declares `-a` and `-f` of a command that removes what may still run. */
export function declareRemoval(command: Command, what: string): void {
  command
    .argument("[ids...]", `ids of ${what}, or their unique beginnings`)
    .option("-a, --all", `remove all ${what}`)
    .option("-f, --force", "stop what still runs first");
}

/**
 * What is to be removed: the ids given, or all.
 *
 * @throws Fault `invalid` when neither is said, or both are
 */
export async function chooseForRemoval(
  ids: readonly string[],
  { all = false }: RemovalFlags,
  list: () => Promise<readonly { readonly id: string }[]>,
): Promise<readonly string[]> {
  if (all && ids.length > 0) throw misused("ids and --all exclude each other");
  if (all) return (await list()).map(({ id }) => id);
  if (ids.length === 0) throw misused("name at least one id, or use --all");
  return ids;
}
