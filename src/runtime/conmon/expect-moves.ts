import { messageOf } from "#foundation";
import type { ConmonContext } from "./options.ts";

/** Lets the kernel get ready for what a runtime does last, while that starts; see `Cgroups.expectMoves`. */
export function expectMoves({ host, logger }: Pick<ConmonContext, "host" | "logger">): void {
  host.cgroups.expectMoves().catch((error: unknown) => {
    // The runtime waits for the kernel itself then.
    logger.debug("moves between cgroups take longer", { error: messageOf(error) });
  });
}
