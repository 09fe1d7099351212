import type { Config } from "#config";
import type { CallContexts, Clock, Logger, Scope, StageObserver } from "#foundation";
import type { CallObserver } from "#grpc";
import type { Host } from "#host";
import type { NativeEngine } from "#pod";
import type { LogObserver } from "#runtime";
import { MetricsKeeper } from "./metrics-keeper.ts";
import { TracerKeeper } from "./tracer-keeper.ts";

/** Who is told of what the daemon does, besides journal and log: those that are configured, at each moment. */
export interface Observers {
  readonly calls: CallObserver;
  readonly steps: StageObserver;
  /** An outside program was started. */
  spawned(program: string): void;
  /** A host sent a part of a layer. */
  received(host: string, bytes: number): void;
  /** What happens to containers' logs. */
  readonly logs: LogObserver;
  /** Begins to answer those who ask. @throws Fault when the configured address is taken */
  serve(engine: NativeEngine): Promise<void>;
  /** Goes over to another configuration. @throws Fault when its address is taken; then nothing has changed */
  follow(next: Config, engine: NativeEngine): Promise<void>;
}

export interface ObserversDeps {
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly contexts: CallContexts;
  readonly scope: Scope;
}

/** Opens the metrics and traces that the configuration asks for. `config` is the one that holds at each moment. */
export async function openObservers(config: Config, deps: ObserversDeps): Promise<Observers> {
  const { scope } = deps;
  const traces = new TracerKeeper(config, deps);
  scope.defer("traces", () => traces.close());
  const counts = new MetricsKeeper(deps);
  scope.defer("metrics", () => counts.close());
  await traces.send(config.tracing.endpoint);
  await counts.count(config.metrics.address);
  return {
    ...toAll(() => [counts.metrics, traces.tracer].filter((observer) => observer !== undefined)),
    spawned: (program) => counts.metrics?.spawned(program),
    received: (host, bytes) => counts.metrics?.received(host, bytes),
    logs: {
      lost: (log) => counts.lostLogs?.count(log),
      restarted: () => counts.metrics?.logWriterRestarted(),
    },
    serve: async (engine) => {
      // Before the engine closes, of which they tell.
      scope.defer("served metrics", () => counts.close());
      await counts.serve(config.metrics.address, engine);
    },
    follow: async (next, engine) => {
      await counts.serve(next.metrics.address, engine);
      await traces.send(next.tracing.endpoint);
    },
  };
}

interface Observer {
  readonly calls: CallObserver;
  readonly steps: StageObserver;
}

/** One observer that tells all there are; a call's end is told to those who were told of its beginning. */
function toAll(current: () => readonly Observer[]): Observer {
  return {
    calls: {
      began: (call) => {
        const ends = current().map(({ calls }) => calls.began(call));
        return (failure) => {
          for (const end of ends) end(failure);
        };
      },
    },
    steps: {
      began: (step) => {
        for (const { steps } of current()) steps.began(step);
      },
      ended: (step, end) => {
        for (const { steps } of current()) steps.ended(step, end);
      },
    },
  };
}
