import type { JsonValue } from "@bufbuild/protobuf";
import {
  PodSandboxState,
  type PodSandboxStatus,
  type PodSandboxStatusResponse,
  PodSandboxStatusSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { formatEntries, formatFacts } from "../facts.ts";
import { badAnswer } from "../faults.ts";
import { messageToJson } from "../output-format.ts";
import { formatTime } from "../time.ts";

/** A pod's status as JSON, its time readable. */
export function podStatusToJson(answer: PodSandboxStatusResponse): JsonValue {
  const status = statusOf(answer);
  return {
    ...(messageToJson(PodSandboxStatusSchema, status) as { [key: string]: JsonValue }),
    createdAt: formatTime(status.createdAt),
  };
}

/** A pod's status for people. */
export function renderPodStatus(answer: PodSandboxStatusResponse): string {
  const { id, metadata, state, createdAt, network, labels, annotations } = statusOf(answer);
  return (
    formatFacts([
      ["ID", id],
      ["Name", metadata?.name],
      ["UID", metadata?.uid],
      ["Namespace", metadata?.namespace],
      ["Attempt", metadata?.attempt],
      ["Status", PodSandboxState[state]],
      ["Created", formatTime(createdAt)],
      ["IP Addresses", network?.ip],
      ...(network?.additionalIps ?? []).map(({ ip }) => ["Additional IP", ip] as const),
    ]) +
    formatEntries("Labels", labels) +
    formatEntries("Annotations", annotations) +
    formatEntries("Info", answer.info)
  );
}

function statusOf({ status }: PodSandboxStatusResponse): PodSandboxStatus {
  if (status === undefined) throw badAnswer("a pod status without status");
  return status;
}
