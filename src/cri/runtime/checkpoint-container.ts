import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { type Call, namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type CheckpointContainerRequest,
  type CheckpointContainerResponse,
  CheckpointContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { millisecondsOf } from "../seconds.ts";

/** Answers CheckpointContainer: the archive is there when this does, and the container runs on. */
export function checkpointContainer(
  { containerId, location, timeout }: CheckpointContainerRequest,
  engine: Engine,
  { signal }: Call,
): Promise<CheckpointContainerResponse> {
  return namingAct(`checkpoint container ${shortId(containerId)}`, async () => {
    if (timeout < 0n) throw new Fault("invalid", `timeout: must not be negative, is ${timeout}`);
    const id = requireId(containerId, "container_id");
    await engine.checkpointContainer(id, { location, timeoutMs: millisecondsOf(timeout), signal });
    return create(CheckpointContainerResponseSchema);
  });
}
