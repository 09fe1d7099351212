import type { InFlight, Logger } from "#foundation";

/** Time that acts which run have to end when the daemon stops. */
const actBudgetMs = 15_000;

/** An act whose caller has gone is not cut in the middle; one that takes too long is what recovery is for. */
export async function endActs(inFlight: InFlight, logger: Logger): Promise<void> {
  const cut = await inFlight.close(actBudgetMs);
  if (cut.length > 0) logger.warn("the daemon stops in the middle of acts", { acts: cut });
}
