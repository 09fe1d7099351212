import type { StageObserver } from "#foundation";
import type { CallObserver } from "#grpc";
import { BoundedLabel } from "./bounded-label.ts";
import { observeCalls } from "./call-metrics.ts";
import { declareMetrics } from "./declare.ts";
import { watchProcess } from "./process-metrics.ts";
import { observeSteps } from "./step-metrics.ts";

/** Registries and mirrors that are told apart: pods choose their names. */
const maxHosts = 64;

/** What is there at the moment of a scrape. */
export interface NodeCounts {
  /** How many there are in each state. */
  readonly sandboxes: Readonly<Record<string, number>>;
  readonly containers: Readonly<Record<string, number>>;
  readonly logs: Readonly<Record<string, number>>;
  /** Sandboxes of which something is left that could not be taken down. */
  readonly leftovers: number;
}

/** What the process has open at the moment of a scrape, and may have at most. */
export interface OpenFiles {
  readonly openFiles: number;
  readonly openFilesLimit: number;
}

/** The counts of one daemon, and who has to tell it what. */
export interface Metrics {
  readonly calls: CallObserver;
  readonly steps: StageObserver;
  /** An outside program was started. */
  spawned(program: string): void;
  /** A host sent a part of a layer. */
  received(host: string, bytes: number): void;
  /** A container ended, for the reason that kubelet is told. */
  containerEnded(reason: string): void;
  /** Containers wrote so much to their logs. */
  logged(bytes: number): void;
  /** So much of what a container wrote never came into its log. */
  logLost(bytes: number): void;
  /** A log writer was killed, and another one goes on. */
  logWriterRestarted(): void;
  /** All of it as Prometheus reads it. */
  render(counts: NodeCounts & OpenFiles): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/**
 * Begins to count. Close it when done: it watches the event loop.
 *
 * @example
 * const metrics = createMetrics({ version: "1.0.0" });
 * metrics.spawned("runc");
 */
export function createMetrics({ version }: { readonly version: string }): Metrics {
  const { registry, metrics: declared } = declareMetrics();
  const hosts = new BoundedLabel(maxHosts);
  const own = watchProcess(declared, version);
  declared.ooms.inc(0);
  for (const count of [declared.logBytes, declared.lostLogBytes, declared.logWriterRestarts]) count.inc(0);
  return {
    calls: observeCalls(declared),
    steps: observeSteps(declared, hosts),
    spawned: (program) => declared.spawns.inc({ program }),
    received: (host, bytes) => declared.pullBytes.inc({ host: hosts.of(host) }, bytes),
    containerEnded: (reason) => {
      declared.exits.inc({ reason });
      if (reason === "OOMKilled") declared.ooms.inc();
    },
    logged: (bytes) => declared.logBytes.inc(bytes),
    logLost: (bytes) => declared.lostLogBytes.inc(bytes),
    logWriterRestarted: () => declared.logWriterRestarts.inc(),
    render: (counts) => {
      own.refresh();
      for (const name of ["sandboxes", "containers", "logs"] as const) {
        declared[name].reset();
        for (const [state, count] of Object.entries(counts[name])) declared[name].set({ state }, count);
      }
      for (const name of ["leftovers", "openFiles", "openFilesLimit"] as const) declared[name].set(counts[name]);
      return registry.metrics();
    },
    contentType: registry.contentType,
    close: () => own.close(),
  };
}
