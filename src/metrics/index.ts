export { type MetricDefinition, metricGroups } from "./definitions.ts";
export { createMetrics, type Metrics, type NodeCounts, type OpenFiles } from "./metrics.ts";
