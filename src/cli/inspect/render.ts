import type { JsonValue } from "@bufbuild/protobuf";
import {
  ContainerState,
  type ContainerStatus,
  type ContainerStatusResponse,
  ContainerStatusSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { formatAge } from "../age.ts";
import { formatEntries, formatFacts } from "../facts.ts";
import { badAnswer } from "../faults.ts";
import { messageToJson } from "../output-format.ts";
import { formatTime, noTime } from "../time.ts";

/** A container's status as JSON, its times readable. */
export function containerStatusToJson(answer: ContainerStatusResponse): JsonValue {
  const status = statusOf(answer);
  const { createdAt, startedAt, finishedAt } = status;
  return {
    ...(messageToJson(ContainerStatusSchema, status) as { [key: string]: JsonValue }),
    createdAt: formatTime(createdAt),
    startedAt: hasStarted(status) ? formatTime(startedAt) : noTime,
    finishedAt: hasFinished(status) ? formatTime(finishedAt) : noTime,
  };
}

/** A container's status for people. */
export function renderContainerStatus(answer: ContainerStatusResponse, nowNanos: bigint): string {
  const status = statusOf(answer);
  const { id, metadata, state, createdAt, startedAt, finishedAt, exitCode, reason, message } = status;
  const finished = hasFinished(status);
  return (
    formatFacts([
      ["ID", id],
      ["Name", metadata?.name],
      ["Attempt", metadata?.attempt === 0 ? undefined : metadata?.attempt],
      ["State", ContainerState[state]],
      ["Created", formatAge(createdAt, nowNanos)],
      ["Started", hasStarted(status) ? formatAge(startedAt, nowNanos) : undefined],
      ["Finished", finished ? formatAge(finishedAt, nowNanos) : undefined],
      ["Exit Code", finished ? exitCode : undefined],
      ["Reason", reason],
      ["Message", message],
    ]) +
    formatEntries("Labels", status.labels) +
    formatEntries("Annotations", status.annotations) +
    formatEntries("Info", answer.info)
  );
}

function statusOf({ status }: ContainerStatusResponse): ContainerStatus {
  if (status === undefined) throw badAnswer("a container status without status");
  return status;
}

function hasStarted({ state, startedAt }: ContainerStatus): boolean {
  return state !== ContainerState.CONTAINER_CREATED && startedAt > 0n;
}

function hasFinished({ state, finishedAt }: ContainerStatus): boolean {
  const mayBe = state === ContainerState.CONTAINER_EXITED || state === ContainerState.CONTAINER_UNKNOWN;
  return mayBe && finishedAt > 0n;
}
