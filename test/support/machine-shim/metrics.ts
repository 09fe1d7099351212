import { readFileSync } from "node:fs";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { AnySchema } from "@bufbuild/protobuf/wkt";
import { MetricsSchema } from "#proto/containerd/cgroups/v2/metrics_pb.js";

const pageBytes = 4_096n;
/** A hundredth of a second, the unit of the kernel's processor times. */
const microsPerTick = 10_000n;

/** What processes have used, in the form of a cgroup that a machine would have of its own. */
export function metricsOf(pids: readonly number[]): MessageInitShape<typeof AnySchema> {
  const used = pids.map(readUsage);
  const rss = used.reduce((sum, { rssBytes }) => sum + rssBytes, 0n);
  const metrics = create(MetricsSchema, {
    pids: { current: BigInt(pids.length) },
    cpu: { usageUsec: used.reduce((sum, { micros }) => sum + micros, 0n) },
    memory: { usage: rss, anon: rss },
  });
  return { typeUrl: MetricsSchema.typeName, value: toBinary(MetricsSchema, metrics) };
}

function readUsage(pid: number): { readonly rssBytes: bigint; readonly micros: bigint } {
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name in parentheses: state is the third field, utime and stime the 14th and 15th, rss the 24th.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): bigint => BigInt(fields[number - 3] ?? 0);
  return { rssBytes: field(24) * pageBytes, micros: (field(14) + field(15)) * microsPerTick };
}
