import { expect, test } from "vitest";
import { linuxResources } from "../fixtures.ts";
import { mergeResources } from "./merge-resources.ts";

const none = linuxResources();

const old = {
  ...none,
  cpuShares: 512,
  memoryLimitBytes: 100,
  oomScoreAdj: 999,
  hugepageLimits: [{ pageSize: "2MB", limitBytes: 4n }],
  unified: { "memory.high": "50" },
};

test("mergeResources() leaves what is zero or empty as it was", () => {
  expect(mergeResources(old, none)).toEqual(old);
  expect(mergeResources(old, { ...none, cpusetCpus: "0" })).toEqual({ ...old, cpusetCpus: "0" });
});

test("mergeResources() changes what is said, one page size and one cgroup file at a time", () => {
  const change = {
    ...none,
    cpuQuota: -1,
    memoryLimitBytes: 200,
    hugepageLimits: [
      { pageSize: "2MB", limitBytes: 0n },
      { pageSize: "1GB", limitBytes: 8n },
    ],
    unified: { "memory.max": "60" },
  };

  expect(mergeResources(old, change)).toEqual({
    ...old,
    cpuQuota: -1,
    memoryLimitBytes: 200,
    hugepageLimits: [
      { pageSize: "2MB", limitBytes: 4n },
      { pageSize: "1GB", limitBytes: 8n },
    ],
    unified: { "memory.high": "50", "memory.max": "60" },
  });
});
