import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DeclaredMetrics } from "./declare.ts";

/** Time between two looks at the event loop: it is late by what exceeds this. */
const resolutionMs = 20;
const quantiles = [0.5, 0.9, 0.99, 1];

export interface ProcessMetrics {
  /** Brings the numbers of the process up to date. */
  refresh(): void;
  close(): void;
}

/** Watches the event loop from now on, and reads what the process uses when it is asked. */
export function watchProcess(metrics: DeclaredMetrics, version: string): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  metrics.buildInfo.set({ version, node: process.version }, 1);
  metrics.startTime.set(performance.timeOrigin / 1_000);
  return {
    refresh: () => {
      refreshDelay(metrics, delay);
      refreshMemory(metrics);
      const { user, system } = process.cpuUsage();
      metrics.cpuSeconds.reset();
      metrics.cpuSeconds.inc((user + system) / 1_000_000);
    },
    close: () => void delay.disable(),
  };
}

function refreshDelay({ eventLoopDelay }: DeclaredMetrics, delay: ReturnType<typeof monitorEventLoopDelay>): void {
  for (const quantile of quantiles) {
    const intervalNanos = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
    eventLoopDelay.set({ quantile: String(quantile) }, Math.max(0, intervalNanos / 1e9 - resolutionMs / 1_000));
  }
  delay.reset();
}

function refreshMemory({ heapUsed, heapTotal, externalMemory, residentMemory }: DeclaredMetrics): void {
  const usage = process.memoryUsage();
  heapUsed.set(usage.heapUsed);
  heapTotal.set(usage.heapTotal);
  externalMemory.set(usage.external);
  residentMemory.set(usage.rss);
}
