import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { pruneImages } from "../prune-images.ts";

interface Flags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** `crisp image prune` removes images that no container uses: those without a tag, or all of them. */
export function declarePrune(command: Command, open: OpenSession): void {
  command.option("-a, --all", "those that have a tag, too").option("--dry-run", "only say what would be removed");
  command.action(async (flags: Flags) => {
    const session = await open();
    const wanted =
      flags.all === true ? () => true : ({ repoTags }: { repoTags: readonly string[] }) => repoTags.length === 0;
    await pruneImages(session, { wanted, isDryRun: flags.dryRun === true });
  });
}
