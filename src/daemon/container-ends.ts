import { isFault } from "#foundation";
import type { Metrics } from "#metrics";
import type { NativeEngine, PodEvent } from "#pod";

/** Counts the ends of containers, and why they ended, until the signal. */
export async function countContainerEnds(
  engine: Pick<NativeEngine, "watchEvents">,
  metrics: Pick<Metrics, "containerEnded">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of engine.watchEvents(signal)) countEnd(event, metrics);
    } catch (error) {
      // The journal has dropped what came next: a count goes on with what comes now.
      if (!isFault(error, "exhausted")) throw error;
    }
  }
}

function countEnd({ id, type, containers }: PodEvent, metrics: Pick<Metrics, "containerEnded">): void {
  const ended = type === "stopped" ? containers.find((container) => container.id === id) : undefined;
  if (ended !== undefined) metrics.containerEnded(ended.reason);
}
