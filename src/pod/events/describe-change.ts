import type { RecordChange } from "../observed-table.ts";
import type { ContainerRecord, ContainerStatus, SandboxRecord, SandboxStatus } from "../records.ts";
import type { PodEventType } from "./types.ts";

/** What a change of a container's record means to those outside. A container that could not be made was never there. */
export function eventsOfContainer({ before, after }: RecordChange<ContainerRecord>): readonly PodEventType[] {
  return eventsBetween(before && shownContainer[before.status.phase], after && shownContainer[after.status.phase]);
}

/** What a change of a sandbox's record means to those outside. */
export function eventsOfSandbox({ before, after }: RecordChange<SandboxRecord>): readonly PodEventType[] {
  const isLeftover = before?.status.phase === "creating" && after?.status.phase === "stopping";
  if (isLeftover) return ["created"];
  return eventsBetween(before && shownSandbox[before.status.phase], after && shownSandbox[after.status.phase]);
}

/** What was not told yet of an object that stands so: after the last event that was. */
export function eventsSince(told: string | undefined, now: Shown | "stopping"): readonly PodEventType[] {
  const before = order.find((shown) => shown === told);
  // A sandbox whose run left something was created and never started; its stop tells that it stopped.
  if (before === "created" && now === "stopping") return [];
  return eventsBetween(before, now === "stopping" ? "started" : now);
}

/** How far a container's life is for those outside. */
export function shownOfContainer({ phase }: ContainerStatus): Shown {
  return shownContainer[phase];
}

/** The same of a sandbox. */
export function shownOfSandbox({ phase }: SandboxStatus): Shown | "stopping" {
  return phase === "stopping" ? "stopping" : shownSandbox[phase];
}

/** How far an object's life is, as events tell it. */
export type Shown = "hidden" | "created" | "started" | "stopped";

const shownContainer: Readonly<Record<ContainerStatus["phase"], Shown>> = {
  creating: "hidden",
  created: "created",
  starting: "created",
  running: "started",
  exited: "stopped",
};

/** One that is being stopped is told of when it has stopped: after the ends of its containers. */
const shownSandbox: Readonly<Record<SandboxStatus["phase"], Shown>> = {
  creating: "hidden",
  ready: "started",
  stopping: "started",
  stopped: "stopped",
};

const order: readonly Shown[] = ["hidden", "created", "started", "stopped"];

/** Every step on the way, so that a reader sees each object begin before it ends; what never ran does not start. */
function eventsBetween(before: Shown = "hidden", after: Shown | undefined): readonly PodEventType[] {
  if (after === undefined) return before === "hidden" ? [] : ["deleted"];
  const steps = order.slice(order.indexOf(before) + 1, order.indexOf(after) + 1);
  const neverRan = after === "stopped" && before !== "started";
  return steps.filter((step) => step !== "hidden").filter((step) => !(neverRan && step === "started"));
}
