import { describe, expect, it } from "vitest";
import { noResources } from "#spec";
import { exampleInput } from "../fake/example-input.ts";
import { translateResources } from "./resources.ts";

const place = exampleInput().cgroup;
describe("translateResources()", () => {
  it("says nothing when nothing is limited", () => {
    expect(translateResources(noResources, place)).toEqual({});
  });

  it("hands CPU limits on as they are, on both versions", () => {
    const asked = {
      ...noResources,
      cpuPeriod: 100_000,
      cpuQuota: -1,
      cpuShares: 2,
      cpusetCpus: "0-1",
      cpusetMems: "0",
    };
    const wanted = { cpu: { period: 100_000, quota: -1, shares: 2, cpus: "0-1", mems: "0" } };

    expect(translateResources(asked, place)).toEqual(wanted);
    expect(translateResources(asked, { ...place, version: "v2" })).toEqual(wanted);
  });

  it("gives a container with a memory limit no swap, where swap is counted", () => {
    const asked = { ...noResources, memoryLimitBytes: 1_000 };

    expect(translateResources(asked, place)).toEqual({ memory: { limit: 1_000 } });
    expect(translateResources(asked, { ...place, hasSwapAccounting: true })).toEqual({
      memory: { limit: 1_000, swap: 1_000 },
    });
  });

  it("takes the swap limit that is asked for", () => {
    const asked = { ...noResources, memoryLimitBytes: 1_000, memorySwapLimitBytes: 3_000 };

    expect(translateResources(asked, { ...place, hasSwapAccounting: true })).toEqual({
      memory: { limit: 1_000, swap: 3_000 },
    });
  });

  it.each([
    ["memory_limit_in_bytes", { ...noResources, memoryLimitBytes: -1 }],
    ["memory_swap_limit_in_bytes", { ...noResources, memoryLimitBytes: 10, memorySwapLimitBytes: 5 }],
    ["cpu_shares", { ...noResources, cpuShares: -1 }],
  ])("refuses a %s that cannot be", (field, asked) => {
    expect(() => translateResources(asked, place)).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "runtime.invalid-field", field } }),
    );
  });

  it("ignores zero hugepage limits without a controller, and refuses others", () => {
    const zero = { ...noResources, hugepageLimits: [{ pageSize: "2MB", limitBytes: 0n }] };
    const some = { ...noResources, hugepageLimits: [{ pageSize: "2MB", limitBytes: 2_097_152n }] };

    expect(translateResources(zero, place)).toEqual({});
    expect(() => translateResources(some, place)).toThrowError(expect.objectContaining({ kind: "unsupported" }));
    expect(translateResources(some, { ...place, hasHugetlb: true })).toEqual({
      hugepageLimits: [{ pageSize: "2MB", limit: 2_097_152n }],
    });
  });

  it("hands unified files on to cgroup v2, and refuses them on v1", () => {
    const asked = { ...noResources, unified: { "memory.oom.group": "1" } };

    expect(translateResources(asked, { ...place, version: "v2" })).toEqual({ unified: { "memory.oom.group": "1" } });
    expect(() => translateResources(asked, place)).toThrowError(
      expect.objectContaining({ kind: "unsupported", reason: { code: "runtime.unsupported-field", field: "unified" } }),
    );
  });
});
