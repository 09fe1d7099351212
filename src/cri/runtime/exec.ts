import { create } from "@bufbuild/protobuf";
import { namingAct, shortId } from "#grpc";
import type { Engine } from "#pod";
import { type ExecRequest, type ExecResponse, ExecResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { runningContainerId } from "../running-container.ts";
import type { StreamUrls } from "../stream-urls.ts";

/** Answers Exec: where the client finds the streams of the command, which starts when it comes. */
export function exec(request: ExecRequest, engine: Engine, urls: StreamUrls): Promise<ExecResponse> {
  return namingAct(`exec in container ${shortId(request.containerId)}`, () => {
    const { cmd: command, tty, stdin, stdout, stderr } = request;
    const containerId = runningContainerId(request, engine);
    return create(ExecResponseSchema, { url: urls.execUrl({ containerId, command, tty, stdin, stdout, stderr }) });
  });
}
