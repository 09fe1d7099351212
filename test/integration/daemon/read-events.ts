import type { CriClient } from "#client";
import type { ContainerEventResponse } from "#proto/cri/v1/runtime_pb.js";

/** A reader of events, and what it has got so far. */
export interface EventReader {
  readonly events: readonly ContainerEventResponse[];
  readonly stop: () => Promise<void>;
}

/** Reads events in the background, until it is stopped. */
export function readEvents(client: CriClient): EventReader {
  const abort = new AbortController();
  const events: ContainerEventResponse[] = [];
  const reading = (async () => {
    for await (const event of client.getContainerEvents({}, { signal: abort.signal })) events.push(event);
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    events,
    stop: async () => {
      abort.abort();
      await reading;
    },
  };
}
