import type { Rounds } from "./table.ts";

export interface TurnOptions {
  readonly rounds: number;
  /** Told before each contestant's turn. */
  readonly onTurn?: (contestant: string, round: number) => void;
}

/**
 * Measures contestants in turn, so that what the machine does meanwhile meets
 * all of them: every second round goes in the opposite order.
 */
export async function takeTurns<C extends { readonly name: string }, Round>(
  contestants: readonly C[],
  options: TurnOptions,
  measure: (contestant: C, round: number) => Promise<Round>,
): Promise<readonly Rounds<Round>[]> {
  const measured = contestants.map((contestant) => ({ contestant, rounds: [] as Round[] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    const turns = round % 2 === 1 ? measured : measured.toReversed();
    for (const { contestant, rounds } of turns) {
      options.onTurn?.(contestant.name, round);
      rounds.push(await measure(contestant, round));
    }
  }
  return measured.map(({ contestant, rounds }) => ({ name: contestant.name, rounds }));
}
