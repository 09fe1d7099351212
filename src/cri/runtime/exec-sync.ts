import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import type { Call } from "#grpc";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import { type ExecSyncRequest, type ExecSyncResponse, ExecSyncResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { millisecondsOf } from "../seconds.ts";

/** Answers ExecSync: a timeout is DEADLINE_EXCEEDED, which a probe counts as failure. */
export function execSync(request: ExecSyncRequest, engine: Engine, call: Call): Promise<ExecSyncResponse> {
  return namingAct(`exec in container ${shortId(request.containerId)}`, async () => {
    if (request.cmd.length === 0) throw new Fault("invalid", "cmd: must not be empty");
    if (request.timeout < 0n) throw new Fault("invalid", `timeout: must not be negative, is ${request.timeout}`);
    const result = await engine.execSync(requireId(request.containerId, "container_id"), {
      command: request.cmd,
      timeoutMs: millisecondsOf(request.timeout),
      signal: call.signal,
    });
    return create(ExecSyncResponseSchema, result);
  });
}
