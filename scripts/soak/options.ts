import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

export interface SoakOptions {
  readonly durationMs: number;
  readonly workers: number;
  /** Two soaks with the same one choose the same acts. */
  readonly seed: number;
}

const usage = `npm run soak -- [options]

Creates and removes pods, execs, pulls and restarts crispd at random, and then
looks at what is left: memory, descriptors, and the host.

  --minutes N       how long (5)
  --workers N       how many act at once (4)
  --seed N          repeats an earlier soak's choices`;

/** Reads the command line; throws with a sentence when it cannot be meant. */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "5" },
      workers: { type: "string", default: "4" },
      seed: { type: "string", default: String(randomInt(2 ** 32)) },
    },
  });
  return {
    durationMs: numberOf("--minutes", values.minutes) * 60_000,
    workers: numberOf("--workers", values.workers),
    seed: numberOf("--seed", values.seed),
  };
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} ${text}: a number above 0 is needed\n\n${usage}`);
  return value;
}
