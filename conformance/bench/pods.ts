import type { Contestant } from "./contestant.ts";
import { measureRound, type Round, type RoundOptions } from "./measure.ts";
import type { Rounds } from "./table.ts";
import { type TurnOptions, takeTurns } from "./turns.ts";

export interface PodsBenchOptions extends Omit<RoundOptions, "round">, TurnOptions {}

/** What each contestant did, round by round. */
export type ContestantRounds = Rounds<Round>;

/**
 * Measures the pods of contestants in turn. A first pod of each is not counted,
 * because it creates what all later ones share.
 */
export async function benchPods(
  contestants: readonly Contestant[],
  options: PodsBenchOptions,
): Promise<readonly ContestantRounds[]> {
  for (const contestant of contestants) await measureRound(contestant, warmUp);
  return takeTurns(contestants, options, (contestant, round) =>
    measureRound(contestant, { ...options, round: String(round) }),
  );
}

const warmUp: RoundOptions = { round: "warm-up", sequentialPods: 1, parallelPods: 1, parallel: 1 };
