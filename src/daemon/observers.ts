import { hostname } from "node:os";
import { type Config, version } from "#config";
import { type CallContexts, type Clock, type Logger, live, type Scope, type StageObserver } from "#foundation";
import type { CallObserver } from "#grpc";
import type { Host } from "#host";
import type { Metrics } from "#metrics";
import type { NativeEngine } from "#pod";
import type { Tracer } from "#tracing";
import { countContainerEnds } from "./container-ends.ts";
import { serveMetrics } from "./metrics-endpoint.ts";
import { countNode } from "./node-counts.ts";

/** Who is told of what the daemon does, besides journal and log. Empty unless configured: then nothing of them is loaded. */
export interface Observers {
  readonly calls: readonly CallObserver[];
  readonly steps: readonly StageObserver[];
  /** An outside program was started. */
  spawned(program: string): void;
  /** A host sent a part of a layer. */
  received(host: string, bytes: number): void;
  /** Begins to answer those who ask. */
  serve(engine: NativeEngine): Promise<void>;
}

export interface ObserversDeps {
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly contexts: CallContexts;
  readonly scope: Scope;
}

/** Opens the metrics and traces that the configuration asks for. */
export async function openObservers(config: Config, deps: ObserversDeps): Promise<Observers> {
  const tracer = await openTracer(config, deps);
  const metrics = await openMetrics(config, deps);
  const all = [metrics, tracer].filter((observer) => observer !== undefined);
  return {
    calls: all.map(({ calls }) => calls),
    steps: all.map(({ steps }) => steps),
    spawned: (program) => metrics?.spawned(program),
    received: (host, bytes) => metrics?.received(host, bytes),
    serve: async (engine) => {
      const { address } = config.metrics;
      if (metrics === undefined || address === undefined) return;
      deps.scope.spawn("count of container ends", (signal) => countContainerEnds(engine, metrics, signal));
      const read = async (): Promise<string> => await metrics.render(await countNode(engine, deps.host.files));
      const endpoint = await serveMetrics(address, { ...deps, contentType: metrics.contentType, read });
      deps.scope.defer("metrics endpoint", () => endpoint.close());
      deps.logger.info("serving metrics", { address: endpoint.address });
    },
  };
}

async function openMetrics({ metrics }: Config, { scope }: ObserversDeps): Promise<Metrics | undefined> {
  if (metrics.address === undefined) return undefined;
  const { createMetrics } = await import("#metrics");
  const opened = createMetrics({ version });
  scope.defer("metrics", () => opened.close());
  return opened;
}

async function openTracer(
  config: Config,
  { clock, logger, contexts, scope }: ObserversDeps,
): Promise<Tracer | undefined> {
  const { endpoint } = config.tracing;
  if (endpoint === "") return undefined;
  const { createTracer } = await import("#tracing");
  const resource = { "service.name": "crispd", "service.version": version, "host.name": hostname() };
  const options = live(() => ({ ...config.tracing, endpoint, resource }));
  const tracer = createTracer(options, { clock, logger, contexts });
  scope.defer("traces", () => tracer.close());
  return tracer;
}
