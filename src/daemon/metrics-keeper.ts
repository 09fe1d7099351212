import { isDeepStrictEqual } from "node:util";
import { type Config, version } from "#config";
import { type Logger, Scope } from "#foundation";
import type { Host } from "#host";
import type { Metrics, OpenFiles } from "#metrics";
import type { NativeEngine } from "#pod";
import { countContainerEnds } from "./container-ends.ts";
import { LogBytes } from "./log-bytes.ts";
import { LostLogBytes } from "./lost-log-bytes.ts";
import { type MetricsEndpoint, serveMetrics } from "./metrics-endpoint.ts";
import { countNode } from "./node-counts.ts";

export interface MetricsKeeperDeps {
  readonly host: Host;
  readonly logger: Logger;
}

type Address = Config["metrics"]["address"];

/** Metrics that are counted, with what ends when they are counted no more. */
interface Counted {
  readonly metrics: Metrics;
  readonly lostLogs: LostLogBytes;
  readonly scope: Scope;
  /** How they are read; undefined until there is somebody to ask about pods. */
  read: (() => Promise<string>) | undefined;
}

interface Served {
  readonly address: Address;
  readonly endpoint: MetricsEndpoint;
}

async function beginCounting(logger: Logger): Promise<Counted> {
  const { createMetrics } = await import("#metrics");
  const metrics = createMetrics({ version });
  const scope = new Scope(logger);
  scope.defer("metrics", () => metrics.close());
  const lostLogs = new LostLogBytes((bytes) => metrics.logLost(bytes));
  return { metrics, lostLogs, scope, read: undefined };
}

/**
 * Counts while an address is configured, and serves the counts there.
 *
 * Counting begins before there are pods, so that recovery is counted. Another address gets the same counts; without one
 * they are dropped.
 */
export class MetricsKeeper {
  readonly #deps: MetricsKeeperDeps;
  #counted: Counted | undefined;
  #served: Served | undefined;

  constructor(deps: MetricsKeeperDeps) {
    this.#deps = deps;
  }

  /** What counts now; undefined when nothing does. */
  get metrics(): Metrics | undefined {
    return this.#counted?.metrics;
  }

  /** Where the ends of logs are told that have lost something; undefined when nobody counts. */
  get lostLogs(): Pick<LostLogBytes, "count"> | undefined {
    return this.#counted?.lostLogs;
  }

  /** Begins to count where an address is configured, and loads what is needed for it only then. */
  async count(address: Address): Promise<void> {
    if (address !== undefined) this.#counted ??= await beginCounting(this.#deps.logger);
  }

  /** Serves at this address from now on, or nowhere. @throws Fault when the address is taken; then nothing has changed */
  async serve(address: Address, engine: NativeEngine): Promise<void> {
    if (this.#served !== undefined && isDeepStrictEqual(this.#served.address, address)) return;
    if (address === undefined) return await this.close();
    const wasCounted = this.#counted !== undefined;
    this.#counted ??= await beginCounting(this.#deps.logger);
    try {
      const endpoint = await this.#listen(this.#counted, address, engine);
      await this.#served?.endpoint.close();
      this.#served = { address, endpoint };
      this.#deps.logger.info("serving metrics", { address: endpoint.address });
    } catch (error) {
      if (!wasCounted) await this.close();
      throw error;
    }
  }

  /** Serves and counts no more. */
  async close(): Promise<void> {
    const { endpoint } = this.#served ?? {};
    const { scope } = this.#counted ?? {};
    this.#served = undefined;
    this.#counted = undefined;
    await endpoint?.close();
    await scope?.close();
  }

  async #listen(counted: Counted, address: NonNullable<Address>, engine: NativeEngine): Promise<MetricsEndpoint> {
    counted.read ??= await this.#watch(counted, engine);
    return await serveMetrics(address, { ...this.#deps, contentType: counted.metrics.contentType, read: counted.read });
  }

  /** Follows what happens to containers; answers with how all counts are read. */
  async #watch({ metrics, lostLogs, scope }: Counted, engine: NativeEngine): Promise<() => Promise<string>> {
    const logs = new LogBytes(this.#deps.host.files, (bytes) => metrics.logged(bytes));
    await logs.skip(engine.listContainers({}));
    lostLogs.skip(lossesOf(await engine.logStates()));
    scope.spawn("count of container ends", (signal) => countContainerEnds(engine, { metrics, logs }, signal));
    return async () => {
      await logs.countAll(engine.listContainers({}));
      const states = await engine.logStates();
      for (const loss of lossesOf(states)) lostLogs.count(loss);
      lostLogs.keep(engine.listContainers({}));
      const openFiles = await countOpenFiles(this.#deps.host);
      // Last, and within one turn: an end that is counted must not be of a container that is told as running.
      return await metrics.render({ ...countNode(engine, states), ...openFiles });
    };
  }
}

function lossesOf(states: Awaited<ReturnType<NativeEngine["logStates"]>>) {
  return [...states].map(([id, { lostBytes: bytes }]) => ({ id, bytes }));
}

/** The listing's own descriptor is among them. */
async function countOpenFiles({ files, processes }: Host): Promise<OpenFiles> {
  const { length: openFiles } = await files.list("/proc/self/fd");
  return { openFiles, openFilesLimit: Number(processes.openFilesLimit(process.pid) ?? 0n) };
}
