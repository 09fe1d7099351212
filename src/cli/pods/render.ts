import type { PodSandbox } from "#proto/cri/v1/runtime_pb.js";
import { formatAge } from "../age.ts";
import { formatEntries, formatFacts } from "../facts.ts";
import { describePodState } from "../pod-list.ts";
import { shortId } from "../short-id.ts";
import { formatTable } from "../table.ts";
import { formatTime } from "../time.ts";

export interface PodListStyle {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** False with `--no-trunc`. */
  readonly trunc?: boolean;
}

const header = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"];

/** The list of pods as text. */
export function renderPods(pods: readonly PodSandbox[], style: PodListStyle, nowNanos: bigint): string {
  if (style.quiet === true) return pods.map(({ id }) => `${id}\n`).join("");
  if (style.verbose === true) return pods.map((pod) => `${renderPod(pod)}\n`).join("");
  return formatTable([header, ...pods.map((pod) => toRow(pod, style, nowNanos))]);
}

function toRow(pod: PodSandbox, { trunc = true }: PodListStyle, nowNanos: bigint): readonly string[] {
  const { id, metadata, state, createdAt } = pod;
  return [
    trunc ? shortId(id) : id,
    formatAge(createdAt, nowNanos),
    describePodState(state),
    metadata?.name ?? "",
    metadata?.namespace ?? "",
    String(metadata?.attempt ?? 0),
    handlerOf(pod),
  ];
}

function renderPod(pod: PodSandbox): string {
  const { id, metadata, state, createdAt, labels, annotations } = pod;
  return (
    formatFacts([
      ["ID", id],
      ["Name", metadata?.name],
      ["UID", metadata?.uid],
      ["Namespace", metadata?.namespace],
      ["Attempt", metadata?.attempt],
      ["Status", describePodState(state)],
      ["Created", formatTime(createdAt)],
    ]) +
    formatEntries("Labels", labels) +
    formatEntries("Annotations", annotations) +
    formatFacts([["Runtime", handlerOf(pod)]])
  );
}

function handlerOf({ runtimeHandler }: PodSandbox): string {
  return runtimeHandler === "" ? "(default)" : runtimeHandler;
}
