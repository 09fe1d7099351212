import { type ContainerId, Fault } from "#foundation";
import { requireId } from "#grpc";
import type { Engine } from "#pod";

/**
 * The whole id of the container that a request for streams names.
 *
 * The client learns here that it does not run, not only when it has connected.
 */
export function runningContainerId(request: { readonly containerId: string }, engine: Engine): ContainerId {
  const { id, state } = engine.getContainer(requireId(request.containerId, "container_id"));
  if (state !== "running") throw new Fault("wrong-state", `it is ${state}, not running`);
  return id;
}
