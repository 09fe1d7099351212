import { fromBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isFault } from "#foundation";
import { MetricsSchema as MetricsV1Schema } from "#proto/containerd/cgroups/v1/metrics_pb.js";
import { MetricsSchema as MetricsV2Schema } from "#proto/containerd/cgroups/v2/metrics_pb.js";
import { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import type { CallOptions, ContainerHandle, RuntimeStatistics } from "../types.ts";
import { shimFailed } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { readShimState } from "./shim-files.ts";
import { statisticsOfV1 } from "./statistics-v1.ts";
import { statisticsOfV2 } from "./statistics-v2.ts";
import { optionsOf } from "./task.ts";

/** Asks a container's or a sandbox's shim what it has used; undefined where the shim does not tell, or it has ended. */
export async function askStatistics(
  context: ShimContext,
  { id, bundleDirectory }: ContainerHandle,
  { signal }: CallOptions,
): Promise<RuntimeStatistics | undefined> {
  const state = await readShimState(context.host, bundleDirectory);
  if (state === undefined) return undefined;
  const client = await context.shims.get(state);
  const options = optionsOf(context, signal);
  try {
    const told =
      state.kind === "sandbox"
        ? (await client.call(Sandbox.method.sandboxMetrics, { sandboxId: id }, options)).metrics?.data
        : (await client.call(Task.method.stats, { id }, options)).stats;
    return told === undefined ? undefined : decodeMetrics(id, told);
  } catch (error) {
    if (isFault(error, "unsupported") || isFault(error, "not-found")) return undefined;
    throw error;
  }
}

/**
 * What the statistics of a cgroup mean, as containerd passes them on. A kind that crisp does not know is none.
 *
 * @throws Fault `broken` when they are not what they say
 */
export function decodeMetrics(id: string, { typeUrl, value }: Any): RuntimeStatistics | undefined {
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  try {
    if (name === MetricsV1Schema.typeName) {
      return statisticsOfV1(fromBinary(MetricsV1Schema, value, { readUnknownFields: false }));
    }
    if (name === MetricsV2Schema.typeName) {
      return statisticsOfV2(fromBinary(MetricsV2Schema, value, { readUnknownFields: false }));
    }
  } catch {
    throw shimFailed(`statistics of ${id}`, `they are no ${name}`);
  }
  return undefined;
}
