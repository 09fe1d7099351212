import { create } from "@bufbuild/protobuf";
import type { Condition, EngineHealth } from "#pod";
import { type StatusRequest, type StatusResponse, StatusResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { verboseInfo } from "../verbose.ts";

/** Answers Status from the latest probes: both conditions are always there, since kubelet takes fewer for an error. */
export function status(request: StatusRequest, health: EngineHealth): StatusResponse {
  return create(StatusResponseSchema, {
    status: {
      conditions: [conditionToProto("RuntimeReady", health.runtime), conditionToProto("NetworkReady", health.network)],
    },
    runtimeHandlers: health.handlers.map((handler) => ({
      name: handler.name,
      features: {
        recursiveReadOnlyMounts: handler.hasRecursiveReadonlyMounts,
        userNamespaces: handler.hasUserNamespaces,
      },
    })),
    features: {
      supplementalGroupsPolicy: true,
      userNamespacesHostNetwork: health.handlers.some(({ hasUserNamespaces }) => hasUserNamespaces),
      mountOptions: true,
    },
    info: verboseInfo(request.verbose, health.details),
  });
}

function conditionToProto(type: string, condition: Condition) {
  return { type, status: condition.isMet, reason: condition.reason, message: condition.message };
}
