import type { DirectionCounters, InterfaceCounters } from "#spec";
import { counter, labelled, type MetricDefinition, nothing } from "./definition.ts";

type Interfaces = readonly InterfaceCounters[];

const counts: readonly (readonly [string, keyof DirectionCounters])[] = [
  ["bytes", "bytes"],
  ["packets", "packets"],
  ["packets_dropped", "dropped"],
  ["errors", "errors"],
];

/** What only pods have: the network is shared by their containers. */
export const networkMetrics: readonly MetricDefinition<Interfaces>[] = [
  ...counts.map(([name, key]) =>
    perInterface(`network_receive_${name}_total`, `received ${key}`, ({ received }) => received[key]),
  ),
  ...counts.map(([name, key]) =>
    perInterface(`network_transmit_${name}_total`, `sent ${key}`, ({ sent }) => sent[key]),
  ),
];

function perInterface(
  name: string,
  help: string,
  read: (counters: InterfaceCounters) => bigint,
): MetricDefinition<Interfaces> {
  return labelled(counter(name, help, nothing), ["interface"], (interfaces, take) => {
    for (const counters of interfaces) take(read(counters), [counters.name]);
  });
}
