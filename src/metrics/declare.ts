import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type MetricDefinition, type MetricShapes, metricDefinitions } from "./definitions.ts";

interface Made<Label extends string> {
  readonly counter: Counter<Label>;
  readonly gauge: Gauge<Label>;
  readonly histogram: Histogram<Label>;
}

/** Something that counts for every definition, by its name in code. */
export type DeclaredMetrics = {
  readonly [Name in keyof MetricShapes]: Made<MetricShapes[Name]["label"]>[MetricShapes[Name]["type"]];
};

/** Makes every metric in a registry of its own: two daemons in one process do not share their counts. */
export function declareMetrics(): { readonly registry: Registry; readonly metrics: DeclaredMetrics } {
  const registry = new Registry();
  const made = Object.entries(metricDefinitions).map(([name, definition]) => [name, make(definition, registry)]);
  // Each entry was made as its definition's type says: hence the cast.
  return { registry, metrics: Object.fromEntries(made) as DeclaredMetrics };
}

function make({ type, name, help, labels, buckets = [] }: MetricDefinition, registry: Registry): unknown {
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case "counter":
      return new Counter(common);
    case "gauge":
      return new Gauge(common);
    case "histogram":
      return new Histogram({ ...common, buckets: [...buckets] });
  }
}
