import type { ContainerDetail, SandboxDetail } from "#pod";
import type { IoCost } from "#spec";
import type { CgroupSubject } from "./cgroup-metrics.ts";
import { counter, gauge, labelled, type MetricDefinition, nothing, type TakeReading } from "./definition.ts";

/** A container's writable layer, with the file system that it is on. */
export interface LayerSubject extends Pick<ContainerDetail, "writableLayer"> {
  readonly disk: SandboxDetail["disk"];
}

type Definition = MetricDefinition<CgroupSubject>;
type Device = ContainerDetail["detail"]["devices"][number];

/** The kernel's unit of transfers, whatever the device has. */
const sectorBytes = 512n;
const microsPerSecond = 1_000_000n;

/** What containers have written, and how much more they could. */
export const layerMetrics: readonly MetricDefinition<LayerSubject>[] = [
  onDisk("fs_inodes_free", "free inodes of the file system", ({ disk }) => disk.availableInodes),
  onDisk("fs_inodes_total", "inodes of the file system", ({ disk }) => disk.totalInodes),
  onDisk("fs_limit_bytes", "size of the file system", ({ disk }) => disk.totalBytes),
  onDisk("fs_usage_bytes", "bytes that it wrote into its root", ({ writableLayer }) => writableLayer?.usedBytes),
];

/**
 * What was read from block devices and written to them.
 *
 * Merged requests, times and queues are listed without values: since its schedulers CFQ went (5.0), the kernel counts them
 * for devices, not for cgroups. cadvisor has names for them, and no values either.
 */
export const diskMetrics: readonly Definition[] = [
  perDevice("fs_reads_bytes_total", "bytes read", ({ readBytes }) => readBytes),
  perDevice("fs_reads_total", "reads", ({ reads }) => reads),
  perDevice("fs_sector_reads_total", "sectors read", ({ readBytes }) => readBytes / sectorBytes),
  perDevice("fs_reads_merged_total", "reads that were joined with others", nothing),
  perDevice("fs_read_seconds_total", "time that reads took", nothing),
  perDevice("fs_writes_bytes_total", "bytes written", ({ writeBytes }) => writeBytes),
  perDevice("fs_writes_total", "writes", ({ writes }) => writes),
  perDevice("fs_sector_writes_total", "sectors written", ({ writeBytes }) => writeBytes / sectorBytes),
  perDevice("fs_writes_merged_total", "writes that were joined with others", nothing),
  perDevice("fs_write_seconds_total", "time that writes took", nothing),
  labelled(gauge("fs_io_current", "reads and writes under way", nothing), ["device"], nothing),
  perDevice("fs_io_time_seconds_total", "time in which a read or write was under way", nothing),
  perDevice("fs_io_time_weighted_seconds_total", "the same, for each read and write", nothing),
  perDevice("fs_io_cost_usage_seconds_total", "time of the device by the cost model", costOf("usageMicros")),
  perDevice("fs_io_cost_wait_seconds_total", "time in which reads and writes waited for it", costOf("waitMicros")),
  perDevice("fs_io_cost_indebt_seconds_total", "time in which more was used than was due", costOf("indebtMicros")),
  perDevice("fs_io_cost_indelay_seconds_total", "time of delays for what was owed", costOf("indelayMicros")),
  labelled(
    counter("blkio_device_usage_total", "bytes read and written by device", nothing),
    ["device", "major", "minor", "operation"],
    ({ detail }, take) => {
      for (const device of detail.devices) readDevice(device, take);
    },
  ),
];

function onDisk(
  name: string,
  help: string,
  read: (subject: LayerSubject) => bigint | undefined,
): MetricDefinition<LayerSubject> {
  return labelled(gauge(name, help, nothing), ["device"], (subject, take) => {
    const value = read(subject);
    if (value !== undefined) take(value, [subject.disk.device]);
  });
}

function perDevice(name: string, help: string, read: (io: Device) => bigint | undefined): Definition {
  return labelled(counter(name, help, nothing), ["device"], ({ detail }, take) => {
    for (const io of detail.devices) {
      const value = read(io);
      if (value !== undefined) take(value, [io.name]);
    }
  });
}

function costOf(key: keyof IoCost): (io: Device) => bigint | undefined {
  return ({ cost }) => (cost === undefined ? undefined : cost[key] / microsPerSecond);
}

function readDevice({ name, major, minor, readBytes, writeBytes }: Device, take: TakeReading): void {
  const device = [name, String(major), String(minor)];
  take(readBytes, [...device, "Read"]);
  take(writeBytes, [...device, "Write"]);
}
