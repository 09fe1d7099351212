import { describe, expect, it } from "vitest";
import type { CgroupTree } from "./cgroup-tree.ts";
import { ownDirectory } from "./coming-moves.ts";

const v1: CgroupTree = {
  version: "v1",
  hierarchies: [
    { directory: "/cg/unified", controllers: ["unified"] },
    { directory: "/cg/cpu,cpuacct", controllers: ["cpu", "cpuacct"] },
    { directory: "/cg/freezer", controllers: ["freezer"] },
  ],
  hugePageSizes: [],
};
const v2: CgroupTree = { version: "v2", hierarchies: [{ directory: "/cg", controllers: [] }], hugePageSizes: [] };

describe("ownDirectory()", () => {
  it.each([
    ["the first hierarchy of v1 that is mounted", v1, "9:name=systemd:/a\n8:freezer:/b\n0::/c\n", "/cg/freezer/b"],
    [
      "a hierarchy of two controllers, in any order",
      v1,
      "3:cpuacct,cpu:/system/crisp:1\n",
      "/cg/cpu,cpuacct/system/crisp:1",
    ],
    ["the one of v2", v2, "1:freezer:/a\n0::/system.slice/crisp.service\n", "/cg/system.slice/crisp.service"],
    ["none where none is mounted", v1, "4:cpu:/a\n0::/c\n", undefined],
  ])("is in %s", (_case, tree, memberships, expected) => {
    expect(ownDirectory(tree, memberships)).toBe(expected);
  });
});
