import { create } from "@bufbuild/protobuf";
import { deadline, messageOf } from "#foundation";
import { namingAct, requireId, shortId } from "#grpc";
import type { ContainerView, Engine } from "#pod";
import {
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  ContainerStatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatusToProto } from "../convert/container-status.ts";
import { verboseInfo } from "../verbose.ts";

/** Time in which a runtime has to tell a container's processes. */
const listMs = 2_000;
/** Processes that are listed of one container: an answer has a size. */
const mostListed = 1_000;

/** Answers ContainerStatus. */
export function containerStatus(request: ContainerStatusRequest, engine: Engine): Promise<ContainerStatusResponse> {
  return namingAct(`status of container ${shortId(request.containerId)}`, async () => {
    const container = engine.getContainer(requireId(request.containerId, "container_id"));
    return create(ContainerStatusResponseSchema, {
      status: containerStatusToProto(container),
      info: verboseInfo(request.verbose, request.verbose ? await describe(container, engine) : {}),
    });
  });
}

/** What is not known of its processes keeps nobody from the rest. */
async function describe(container: ContainerView, engine: Engine): Promise<unknown> {
  const details = { ...container.details, config: container.config };
  if (container.state !== "running") return details;
  const signal = deadline(listMs);
  try {
    const processes = await engine.listProcesses(container.id, { signal });
    const left = processes.length - mostListed;
    return {
      ...details,
      processes: processes.slice(0, mostListed),
      ...(left > 0 ? { processesLeftOut: left } : {}),
    };
  } catch (error) {
    const problem = signal.aborted ? `nobody has told them in ${listMs} ms` : messageOf(error);
    return { ...details, processesProblem: problem };
  }
}
