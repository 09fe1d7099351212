import type { PodSandboxStats } from "#proto/cri/v1/runtime_pb.js";
import { shortId } from "../short-id.ts";
import { formatSize } from "../size.ts";
import { formatTable } from "../table.ts";
import { formatCpuPercent } from "../usage-table.ts";

const header = ["POD", "POD ID", "CPU %", "MEM"];

/** What pods use, as text. */
export function renderPodStats(stats: readonly PodSandboxStats[], before: readonly PodSandboxStats[]): string {
  const earlier = new Map(before.map((each) => [each.attributes?.id, each]));
  return formatTable([header, ...stats.map((each) => toRow(each, earlier.get(each.attributes?.id)))]);
}

function toRow({ attributes, linux }: PodSandboxStats, before: PodSandboxStats | undefined): readonly string[] {
  return [
    attributes?.metadata?.name ?? "",
    shortId(attributes?.id ?? ""),
    formatCpuPercent(linux?.cpu, before?.linux?.cpu),
    formatSize(linux?.memory?.workingSetBytes?.value ?? 0n),
  ];
}
