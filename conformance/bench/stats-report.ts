import type { CpuShares } from "./cpu-time.ts";
import type { StatsRound } from "./stats.ts";
import { type Measure, milliseconds, type Rounds, renderTable } from "./table.ts";

const percent = (share: number): string => (share * 100).toFixed(2);

/** Writes what the contestants did with lists and stats as a table. */
export function renderStatsReport(results: readonly Rounds<StatsRound>[]): string {
  const names = [...new Set(results.flatMap(({ rounds }) => rounds.flatMap(({ calls }) => Object.keys(calls))))];
  return renderTable(results, [
    ...names.flatMap((name): readonly Measure<StatsRound>[] => [
      { title: `${name}, ms`, samplesOf: ({ calls }) => calls[name]?.callMs ?? [], format: milliseconds },
      {
        title: "  the daemon's own time, ms",
        samplesOf: ({ calls }) => known(calls[name]?.cpuMs),
        format: milliseconds,
      },
      {
        title: "  from its arrival to its answer, ms",
        samplesOf: ({ calls }) => known(calls[name]?.servedMs),
        format: milliseconds,
      },
    ]),
    polledMeasure("polled by kubelet: the daemon, % of a processor", ({ daemon }) => daemon),
    polledMeasure("  with what it keeps for pods, %", ({ all }) => all),
  ]);
}

function known(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

function polledMeasure(title: string, share: (shares: CpuShares) => number): Measure<StatsRound> {
  return { title, samplesOf: ({ polled }) => (polled === undefined ? [] : [share(polled)]), format: percent };
}
