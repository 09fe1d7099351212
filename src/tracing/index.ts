export { createTracer, type Tracer, type TracerDeps, type TracingOptions } from "./tracer.ts";
