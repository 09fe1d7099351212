import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLinuxCgroups } from "./linux-cgroups.ts";

/** Files of a cgroup of v2, as a kernel 6.1 writes them. */
const v2: Readonly<Record<string, string>> = {
  "cpu.stat":
    "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 9\nnr_throttled 2\nthrottled_usec 30\nnr_bursts 4\nburst_usec 5\n",
  "cpu.pressure": "some avg10=1.00 avg60=2.00 avg300=3.00 total=40\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
  "cpu.max": "50000 100000\n",
  "cpu.weight": "39\n",
  "memory.current": "10000\n",
  "memory.max": "max\n",
  "memory.low": "0\n",
  "memory.peak": "12000\n",
  "memory.events": "low 0\nhigh 4\nmax 6\noom 1\noom_kill 1\n",
  "memory.stat":
    "anon 3000\nfile 5000\nkernel 700\nfile_mapped 1100\ninactive_file 4000\nactive_file 900\npgfault 21\npgmajfault 3\n" +
    "workingset_refault_anon 5\nworkingset_refault_file 6\npgscan 7\npgsteal 8\nfile_dirty 100\nfile_writeback 200\n",
  "memory.swap.current": "64\n",
  "memory.swap.max": "128\n",
  "io.stat":
    "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0 cost.usage=5 cost.wait=6 cost.indebt=7 cost.indelay=8\n",
  "hugetlb.2MB.current": "4194304\n",
  "hugetlb.2MB.events": "max 2\n",
  "pids.current": "5\n",
  "pids.max": "100\n",
};

const v1: Readonly<Record<string, string>> = {
  "cpuacct/cpuacct.usage": "1500000\n",
  "cpuacct/cpuacct.stat": "user 7\nsystem 3\n",
  "cpu/cpu.stat": "nr_periods 9\nnr_throttled 2\nthrottled_time 30000\nnr_bursts 4\nburst_time 5000\n",
  "cpu/cpu.cfs_period_us": "100000\n",
  "cpu/cpu.cfs_quota_us": "50000\n",
  "cpu/cpu.shares": "1024\n",
  "memory/memory.usage_in_bytes": "10000\n",
  "memory/memory.max_usage_in_bytes": "12000\n",
  "memory/memory.kmem.usage_in_bytes": "700\n",
  "memory/memory.failcnt": "6\n",
  "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
  "memory/memory.soft_limit_in_bytes": "9223372036854771712\n",
  "memory/memory.stat":
    "inactive_file 1\nhierarchical_memory_limit 20000\nhierarchical_memsw_limit 20128\ntotal_cache 5000\ntotal_rss 3000\n" +
    "total_mapped_file 1100\ntotal_swap 64\ntotal_pgfault 21\ntotal_pgmajfault 3\ntotal_inactive_file 4000\ntotal_active_file 900\n" +
    "total_dirty 100\ntotal_writeback 200\ntotal_workingset_refault_anon 5\ntotal_workingset_refault_file 6\n",
  "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\n",
  "blkio/blkio.throttle.io_serviced_recursive": "8:0 Read 3\n8:0 Write 4\n8:0 Total 7\n",
  "hugetlb/hugetlb.2MB.usage_in_bytes": "4194304\n",
  "hugetlb/hugetlb.2MB.max_usage_in_bytes": "6291456\n",
  "hugetlb/hugetlb.2MB.failcnt": "2\n",
  "pids/pids.current": "5\n",
  "pids/pids.max": "max\n",
};

const memory = {
  usageBytes: 10_000n,
  workingSetBytes: 6_000n,
  rssBytes: 3_000n,
  cacheBytes: 5_000n,
  mappedFileBytes: 1_100n,
  activeFileBytes: 900n,
  inactiveFileBytes: 4_000n,
  pageFaults: 21n,
  majorPageFaults: 3n,
  reclaim: {
    dirtyBytes: 100n,
    writebackBytes: 200n,
    scannedPages: 7n,
    stolenPages: 8n,
    refaultedAnon: 5n,
    refaultedFile: 6n,
  },
  pressure: undefined,
};
const unknownToV1 = { scannedPages: undefined, stolenPages: undefined };
const device = { name: "/dev/sda", major: 8, minor: 0, readBytes: 1n, writeBytes: 2n, reads: 3n, writes: 4n };
const cost = { usageMicros: 5n, waitMicros: 6n, indebtMicros: 7n, indelayMicros: 8n };
const hugePages = { pageSize: "2MB", usageBytes: 4_194_304n, failures: 2n };
const memoryDetail = { maxUsageBytes: 12_000n, kernelBytes: 700n, failures: 6n, oomKills: 1n };
const cpuDetail = {
  periods: 9n,
  throttledPeriods: 2n,
  throttledNanos: 30_000n,
  bursts: 4n,
  burstNanos: 5_000n,
  periodMicros: 100_000n,
};

describe("statistics of a cgroup", () => {
  let root: string;
  let sysfs: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "crisp-statistics-"));
    sysfs = join(root, "sysfs");
    await mkdir(join(sysfs, "dev/block"), { recursive: true });
    await symlink("../../devices/virtual/block/sda", join(sysfs, "dev/block/8:0"));
    for (const size of ["2048", "1048576"]) {
      await mkdir(join(sysfs, `kernel/mm/hugepages/hugepages-${size}kB`), { recursive: true });
    }
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), content);
    }
  };
  /** The files of one cgroup, each below its hierarchy's directory on v1. */
  const placeV1 = (files = v1): Promise<void> =>
    write(
      Object.fromEntries(
        Object.entries(files).flatMap(([path, content]) => {
          const [hierarchy = "", file = ""] = path.split("/");
          return [
            [`${hierarchy}/cgroup.procs`, ""],
            [`${hierarchy}/pods/one/${file}`, content],
          ];
        }),
      ),
    );
  const placeV2 = async (files = v2): Promise<void> => {
    await write({ "cgroup.controllers": "cpu memory hugetlb\n" });
    await write(Object.fromEntries(Object.entries(files).map(([file, content]) => [`pods/one/${file}`, content])));
  };

  it("are read from v2", async () => {
    await placeV2();
    const cgroups = await openLinuxCgroups({ root, sysfs });

    const share = { avg10: 1, avg60: 2, avg300: 3, totalMicros: 40n };
    expect(cgroups.usage("/pods/one")).toEqual({
      cpu: {
        usageNanos: 1_500_000n,
        pressure: { some: share, full: { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0n } },
      },
      memory: { ...memory, limitBytes: undefined },
      swap: { usageBytes: 64n, limitBytes: 128n },
      io: { pressure: undefined },
    });
    expect(cgroups.detail("/pods/one")).toEqual({
      cpu: { ...cpuDetail, userNanos: 1_000_000n, systemNanos: 500_000n, quotaMicros: 50_000n, shares: 998n },
      memory: { ...memoryDetail, softLimitBytes: 0n, highEvents: 4n, maxEvents: 6n },
      devices: [{ ...device, cost }],
      hugePages: [{ ...hugePages, maxUsageBytes: 0n }],
      tasks: { current: 5n, limit: 100n },
    });
  });

  it("are read from v1", async () => {
    await placeV1();
    const cgroups = await openLinuxCgroups({ root, sysfs });

    expect(cgroups.usage("/pods/one")).toEqual({
      cpu: { usageNanos: 1_500_000n, pressure: undefined },
      memory: { ...memory, limitBytes: 20_000n, reclaim: { ...memory.reclaim, ...unknownToV1 } },
      swap: { usageBytes: 64n, limitBytes: 128n },
      io: { pressure: undefined },
    });
    expect(cgroups.detail("/pods/one")).toEqual({
      cpu: { ...cpuDetail, userNanos: 70_000_000n, systemNanos: 30_000_000n, quotaMicros: 50_000n, shares: 1_024n },
      memory: { ...memoryDetail, softLimitBytes: undefined, highEvents: undefined, maxEvents: undefined },
      devices: [{ ...device, cost: undefined }],
      hugePages: [{ ...hugePages, maxUsageBytes: 6_291_456n }],
      tasks: { current: 5n, limit: undefined },
    });
  });

  it("of v1 have no periods without a quota, and no devices where none was used", async () => {
    const unused = "Total 0\n";
    await placeV1({
      ...v1,
      "cpu/cpu.cfs_quota_us": "-1\n",
      "blkio/blkio.throttle.io_service_bytes_recursive": unused,
      "blkio/blkio.throttle.io_serviced_recursive": unused,
    });
    const cgroups = await openLinuxCgroups({ root, sysfs });

    const none = { quotaMicros: undefined, periods: 0n, throttledPeriods: 0n, throttledNanos: 0n };
    expect(cgroups.detail("/pods/one")).toMatchObject({ cpu: { ...none, periodMicros: 100_000n }, devices: [] });
  });

  it("have pressure on v1 as far as their processes are in the unified tree too", async () => {
    await placeV1();
    const pressure = "some avg10=1.00 avg60=2.00 avg300=3.00 total=40\n";
    const unified = { "cpu.pressure": pressure, "memory.pressure": pressure, "io.pressure": pressure };
    await write({ "unified/cgroup.procs": "" });
    for (const [file, content] of Object.entries(unified)) await write({ [`unified/pods/one/${file}`]: content });
    await write({ "unified/pods/one/cgroup.events": "populated 0\nfrozen 0\n" });
    const cgroups = await openLinuxCgroups({ root, sysfs });
    const before = cgroups.usage("/pods/one");
    await write({ "unified/pods/one/cgroup.events": "populated 1\nfrozen 0\n" });

    const after = cgroups.usage("/pods/one");

    const totals = [before, after].map((usage) =>
      [usage?.cpu, usage?.memory, usage?.io].map((each) => each?.pressure?.some.totalMicros),
    );
    expect(totals).toEqual([
      [undefined, undefined, undefined],
      [40n, 40n, 40n],
    ]);
  });

  it("of devices that have gone have no name", async () => {
    await placeV2({ ...v2, "io.stat": "9:1 rbytes=1 wbytes=0 rios=1 wios=0\n" });
    const cgroups = await openLinuxCgroups({ root, sysfs });

    expect(cgroups.detail("/pods/one")?.devices).toMatchObject([{ name: "", major: 9, minor: 1 }]);
  });

  it("never make the working set negative: usage and cache are not read at one moment", async () => {
    await placeV2({ ...v2, "memory.current": "3999\n" });
    const cgroups = await openLinuxCgroups({ root, sysfs });

    expect(cgroups.usage("/pods/one")?.memory.workingSetBytes).toBe(0n);
  });

  it("of a kernel without swap accounting have no swap", async () => {
    const { "memory.swap.current": _, ...others } = v2;
    await placeV2(others);
    const cgroups = await openLinuxCgroups({ root, sysfs });

    expect(cgroups.usage("/pods/one")?.swap).toBeUndefined();
  });

  it("of a cgroup that is not there are undefined, on v1 and v2", async () => {
    await placeV1();
    const hybrid = await openLinuxCgroups({ root, sysfs });
    await placeV2();
    const unified = await openLinuxCgroups({ root, sysfs });

    for (const cgroups of [hybrid, unified]) {
      expect([cgroups.usage("/pods/two"), cgroups.detail("/pods/two")]).toEqual([undefined, undefined]);
    }
  });
});
