import type { OwnLimits } from "#host";
import { invalidField } from "../faults.ts";
import type { Clamp } from "./input.ts";
import { Origins } from "./origins.ts";

const lowest = -1000;
const highest = 1000;

export interface OomScoreChoice {
  readonly oomScoreAdj: number;
  readonly clamped: readonly Clamp[];
}

/**
 * The score that a container gets: never lower than the daemon's own when it lacks CAP_SYS_RESOURCE.
 *
 * @throws Fault `invalid` outside of -1000 … 1000
 */
export function clampOomScore(asked: number, own: OwnLimits, origins: Origins = new Origins()): OomScoreChoice {
  const part = "process.oomScoreAdj";
  origins.note(part, "request", "linux.resources.oom_score_adj");
  if (asked < lowest || asked > highest) {
    throw invalidField("oom_score_adj", `${asked} is not between ${lowest} and ${highest}`);
  }
  if (own.canRaiseLimits || asked >= own.oomScoreAdj) return { oomScoreAdj: asked, clamped: [] };
  origins.note(part, "machine", "linux.resources.oom_score_adj, raised to crispd's own");
  const clamp: Clamp = { what: "oom-score-adj", asked: String(asked), granted: String(own.oomScoreAdj) };
  return { oomScoreAdj: own.oomScoreAdj, clamped: [clamp] };
}
