import { isFault } from "#foundation";
import type { Metrics } from "#metrics";
import type { NativeEngine, PodEvent } from "#pod";
import type { LogBytes } from "./log-bytes.ts";

/** Who is told of the ends of containers. */
interface EndCounts {
  readonly metrics: Pick<Metrics, "containerEnded">;
  readonly logs: Pick<LogBytes, "count">;
}

/** Counts the ends of containers, why they ended, and the last of what they logged, until the signal. */
export async function countContainerEnds(
  engine: Pick<NativeEngine, "watchEvents">,
  counts: EndCounts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of engine.watchEvents(signal)) await countEnd(event, counts);
    } catch (error) {
      // The journal has dropped what came next: a count goes on with what comes now.
      if (!isFault(error, "exhausted")) throw error;
    }
  }
}

async function countEnd({ id, type, containers }: PodEvent, { metrics, logs }: EndCounts): Promise<void> {
  const ended = type === "stopped" ? containers.find((container) => container.id === id) : undefined;
  if (ended === undefined) return;
  metrics.containerEnded(ended.reason);
  await logs.count(ended);
}
