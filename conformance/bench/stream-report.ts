import type { Held, Hold } from "./sessions.ts";
import type { StreamRound } from "./stream.ts";
import { count, type Measure, mebibytes, milliseconds, type Rounds, renderTable } from "./table.ts";

/** Writes what the contestants did with streams as a table. */
export function renderStreamReport(results: readonly Rounds<StreamRound>[]): string {
  return renderTable(results, measures);
}

const measures: readonly Measure<StreamRound>[] = [
  { title: "exec of true over SPDY, ms", samplesOf: ({ execMs }) => execMs.spdy, format: milliseconds },
  { title: "exec of true over WebSocket, ms", samplesOf: ({ execMs }) => execMs.websocket, format: milliseconds },
  { title: "output of cat, MiB/s", samplesOf: ({ outputBytesPerSecond: speed }) => [speed], format: mebibytes },
  { title: "forwarded port, MiB/s", samplesOf: ({ forwardBytesPerSecond: speed }) => [speed], format: mebibytes },
  { title: "many sessions: all there, ms", samplesOf: ({ hold }) => [hold.openMs], format: milliseconds },
  { title: "many sessions: all ended, ms", samplesOf: ({ hold }) => [hold.endMs], format: milliseconds },
  ...(["before", "during", "after"] as const).flatMap(heldMeasures),
];

function heldMeasures(when: "before" | "during" | "after"): readonly Measure<StreamRound>[] {
  const held = (value: (held: Held) => number): Measure<StreamRound>["samplesOf"] => {
    return ({ hold }) => known(hold, when).map(value);
  };
  return [
    { title: `  MiB RSS ${when}`, samplesOf: held(({ rssBytes }) => rssBytes), format: mebibytes },
    { title: `  descriptors ${when}`, samplesOf: held(({ descriptors }) => descriptors), format: count },
    { title: `  processes ${when}`, samplesOf: held(({ processes }) => processes), format: count },
  ];
}

function known(hold: Hold, when: "before" | "during" | "after"): readonly Held[] {
  const held = hold[when];
  return held === undefined ? [] : [held];
}
