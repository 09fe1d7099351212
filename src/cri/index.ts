export { containerConfigFromProto } from "./convert/container-config.ts";
export { sandboxConfigFromProto } from "./convert/sandbox-config.ts";
export type { CriDeps } from "./deps.ts";
export { pullFromProto } from "./image/pull-image.ts";
export { podMetricGroups, podMetricLabels } from "./metrics/describe-metrics.ts";
export { eventToProto } from "./runtime/get-container-events.ts";
export { serveCri } from "./services.ts";
