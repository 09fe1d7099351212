import type { Contestant } from "./contestant.ts";
import { measureRound, type Round, type RoundOptions } from "./measure.ts";

export interface PodsBenchOptions extends Omit<RoundOptions, "round"> {
  readonly rounds: number;
  /** Told before each contestant's turn. */
  readonly onTurn?: (contestant: string, round: number) => void;
}

/** What each contestant did, round by round. */
export interface ContestantRounds {
  readonly name: string;
  readonly rounds: readonly Round[];
}

/**
 * Measures contestants in turn, so that what the machine does meanwhile meets
 * all of them: every second round goes in the opposite order. A first pod of
 * each is not counted, because it creates what all later ones share.
 */
export async function benchPods(
  contestants: readonly Contestant[],
  options: PodsBenchOptions,
): Promise<readonly ContestantRounds[]> {
  const measured = contestants.map((contestant) => ({ contestant, rounds: [] as Round[] }));
  for (const { contestant } of measured) await measureRound(contestant, warmUp);
  for (let round = 1; round <= options.rounds; round += 1) {
    const turns = round % 2 === 1 ? measured : measured.toReversed();
    for (const { contestant, rounds } of turns) {
      options.onTurn?.(contestant.name, round);
      rounds.push(await measureRound(contestant, { ...options, round: String(round) }));
    }
  }
  return measured.map(({ contestant, rounds }) => ({ name: contestant.name, rounds }));
}

const warmUp: RoundOptions = { round: "warm-up", sequentialPods: 1, parallelPods: 1, parallel: 1 };
