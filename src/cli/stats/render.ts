import type { ContainerStats, UInt64Value } from "#proto/cri/v1/runtime_pb.js";
import { shortId } from "../short-id.ts";
import { formatSize } from "../size.ts";
import { formatTable } from "../table.ts";
import { formatCpuPercent } from "../usage-table.ts";

const header = ["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES", "SWAP"];

/** What containers use, as text. */
export function renderContainerStats(stats: readonly ContainerStats[], before: readonly ContainerStats[]): string {
  const earlier = new Map(before.map((each) => [each.attributes?.id, each]));
  return formatTable([header, ...stats.map((each) => toRow(each, earlier.get(each.attributes?.id)))]);
}

function toRow(stats: ContainerStats, before: ContainerStats | undefined): readonly string[] {
  const { attributes, cpu, memory, writableLayer, swap } = stats;
  return [
    shortId(attributes?.id ?? ""),
    attributes?.metadata?.name ?? "",
    formatCpuPercent(cpu, before?.cpu),
    formatSize(countOf(memory?.workingSetBytes)),
    formatSize(countOf(writableLayer?.usedBytes)),
    String(countOf(writableLayer?.inodesUsed)),
    formatSize(countOf(swap?.swapUsageBytes)),
  ];
}

/** What a runtime does not tell is shown as nothing. */
function countOf(wrapped: UInt64Value | undefined): bigint {
  return wrapped?.value ?? 0n;
}
