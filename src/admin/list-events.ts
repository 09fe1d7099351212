import type { Call } from "#grpc";
import type { Engine, PodEvent } from "#pod";
import type { ContainerEventResponse } from "#proto/cri/v1/runtime_pb.js";
import type { ListEventsRequest } from "#proto/crisp/v1/admin_pb.js";

/** How CRI tells of an event: it is told in the same words here. */
export type EventToProto = (event: PodEvent) => ContainerEventResponse;

export interface EventsDeps {
  readonly engine: Pick<Engine, "watchEvents">;
  readonly eventToProto: EventToProto;
}

/** Answers ListEvents from the journal. */
export async function* listEvents(
  { since, follow }: ListEventsRequest,
  { engine, eventToProto }: EventsDeps,
  { signal }: Pick<Call, "signal">,
): AsyncGenerator<ContainerEventResponse> {
  for await (const event of engine.watchEvents(signal, { sinceNanos: since, isFollowing: follow })) {
    yield eventToProto(event);
  }
}
