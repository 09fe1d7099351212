import { create } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { MetricsSchema as MetricsV1Schema } from "#proto/containerd/cgroups/v1/metrics_pb.js";
import { MetricsSchema as MetricsV2Schema } from "#proto/containerd/cgroups/v2/metrics_pb.js";
import { anyOf } from "./any.ts";
import { decodeMetrics } from "./statistics.ts";

const mib = 1_048_576n;

test("statistics of cgroup v1 are read, those below included", () => {
  const told = decodeMetrics(
    "box",
    anyOf(MetricsV1Schema, {
      pids: { current: 3n, limit: 2n ** 63n },
      cpu: { usage: { total: 30n, kernel: 10n, user: 20n }, throttling: { throttledTime: 5n } },
      memory: {
        totalRss: mib,
        rss: 1n,
        totalInactiveFile: 2n * mib,
        usage: { usage: 5n * mib, limit: 8n * mib, max: 6n * mib, failcnt: 1n },
        swap: { usage: 6n * mib, limit: 10n * mib },
      },
      memoryOomControl: { oomKill: 2n },
      blkio: {
        ioServiceBytesRecursive: [
          { op: "Read", major: 8n, minor: 1n, value: 512n, device: "/dev/vda" },
          { op: "Write", major: 8n, minor: 1n, value: 1_024n },
        ],
        ioServicedRecursive: [{ op: "Read", major: 8n, minor: 1n, value: 1n }],
      },
    }),
  );

  expect(told).toMatchObject({
    processCount: 3,
    usage: {
      cpu: { usageNanos: 30n },
      memory: { usageBytes: 5n * mib, workingSetBytes: 3n * mib, rssBytes: mib, limitBytes: 8n * mib },
      swap: { usageBytes: mib, limitBytes: 2n * mib },
    },
    detail: {
      cpu: { userNanos: 20n, systemNanos: 10n, throttledNanos: 5n },
      memory: { maxUsageBytes: 6n * mib, failures: 1n, oomKills: 2n },
      devices: [{ major: 8, minor: 1, readBytes: 512n, writeBytes: 1_024n, reads: 1n, writes: 0n }],
      tasks: { current: 3n, limit: undefined },
    },
  });
});

test("statistics of cgroup v1 without totals are read by what there is", () => {
  const memory = { rss: mib, cache: 2n, mappedFile: 3n, usage: { usage: 2n * mib, limit: 2n ** 63n - 4_096n } };
  const told = decodeMetrics("box", anyOf(MetricsV1Schema, { memory }));

  expect(told?.usage.memory).toMatchObject({
    rssBytes: mib,
    cacheBytes: 2n,
    mappedFileBytes: 3n,
    limitBytes: undefined,
  });
  expect(told?.usage.swap).toBeUndefined();
});

test("statistics of cgroup v2 are read", () => {
  const psi = { some: { avg10: 1.5, avg60: 1, avg300: 0.5, total: 70n } };
  const told = decodeMetrics(
    "box",
    anyOf(MetricsV2Schema, {
      pids: { current: 2n, limit: 100n },
      cpu: { usageUsec: 7n, userUsec: 4n, systemUsec: 3n, psi },
      memory: { anon: mib, file: 3n, inactiveFile: mib, usage: 4n * mib, usageLimit: 2n ** 64n - 1n, swapUsage: 9n },
      io: { usage: [{ major: 254n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 3n, wios: 4n }] },
      memoryEvents: { oomKill: 1n },
    }),
  );

  const none = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0n };
  expect(told).toMatchObject({
    processCount: 2,
    usage: {
      cpu: { usageNanos: 7_000n, pressure: { some: { avg10: 1.5, totalMicros: 70n }, full: none } },
      memory: { usageBytes: 4n * mib, workingSetBytes: 3n * mib, rssBytes: mib, limitBytes: undefined },
      swap: { usageBytes: 9n },
      io: { pressure: undefined },
    },
    detail: {
      cpu: { userNanos: 4_000n, systemNanos: 3_000n },
      memory: { oomKills: 1n },
      devices: [{ major: 254, minor: 0, name: "", readBytes: 1n, writeBytes: 2n, reads: 3n, writes: 4n }],
      tasks: { limit: 100n },
    },
  });
});

test("a kind of statistics that is not known is none, and bytes that are no message are refused", () => {
  const value = Buffer.from([0xff]);
  const unknown = create(AnySchema, { typeUrl: "io.containerd.windows.v1.Statistics", value });
  const broken = create(AnySchema, { typeUrl: "types.googleapis.com/io.containerd.cgroups.v2.Metrics", value });

  expect(decodeMetrics("box", unknown)).toBeUndefined();
  expect(() => decodeMetrics("box", broken)).toThrow("statistics of box: they are no io.containerd.cgroups.v2.Metrics");
});
