import type { OwnLimits } from "#host";
import type { OciRlimit } from "#spec";
import type { Clamp } from "./input.ts";
import { Origins } from "./origins.ts";

export interface RlimitChoice {
  readonly rlimits: readonly OciRlimit[];
  readonly clamped: readonly Clamp[];
}

/** Lowers limits to the most that the daemon can give; reports each. */
export function clampRlimits(
  asked: readonly OciRlimit[],
  own: OwnLimits,
  origins: Origins = new Origins(),
): RlimitChoice {
  for (const { type } of asked) origins.note(`process.rlimits[${type}]`, "policy", "default_rlimits");
  const clamped: Clamp[] = [];
  const rlimits = asked.map((limit) => {
    const most = own.hardLimits.get(limit.type);
    if (most === undefined || limit.hard <= most) return limit;
    origins.note(`process.rlimits[${limit.type}]`, "machine", "default_rlimits, lowered to what crispd can give");
    clamped.push({ what: "rlimit", asked: `${limit.type}=${limit.hard}`, granted: String(most) });
    return { type: limit.type, soft: limit.soft < most ? limit.soft : most, hard: most };
  });
  return { rlimits, clamped };
}
