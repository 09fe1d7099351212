import { Fault } from "#foundation";
import { failedTogether } from "./faults.ts";

/**
 * Does the same for several things at once; those that can be done are done.
 *
 * @throws Fault with the message of each failure and the kind of the first
 */
export async function forEach<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(act));
  const [first, ...others] = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [Fault.from(outcome.reason)] : [],
  );
  if (first !== undefined) throw failedTogether([first, ...others]);
}
