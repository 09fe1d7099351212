import { create } from "@bufbuild/protobuf";
import type { EngineHealth } from "#pod";
import { type ListRuntimesResponse, ListRuntimesResponseSchema } from "#proto/crisp/v1/admin_pb.js";

/** Answers ListRuntimes from the latest probe. */
export function listRuntimes({ runtimes }: Pick<EngineHealth, "runtimes">): ListRuntimesResponse {
  return create(ListRuntimesResponseSchema, {
    runtimes: runtimes.map(({ probed, networkProblem = "", latestFailure = "", ...known }) => ({
      ...known,
      networkProblem,
      latestFailure,
      ...("problem" in probed
        ? { problem: probed.problem }
        : {
            features: {
              name: probed.name,
              version: probed.version,
              monitorVersion: probed.monitorVersion,
              recursiveReadOnlyMounts: probed.hasRecursiveReadonlyMounts,
              idmappedMounts: probed.hasIdmappedMounts,
              userNamespaces: probed.hasUserNamespaces,
              seccomp: probed.hasSeccomp,
              apparmor: probed.hasApparmor,
              selinux: probed.hasSelinux,
            },
          }),
    })),
  });
}
