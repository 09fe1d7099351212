import { describe, expect, it } from "vitest";
import { listNamespaces } from "./namespaces.ts";

describe("listNamespaces()", () => {
  it("joins pinned ones, makes new ones and leaves the machine's out", () => {
    const sources = { network: { path: "/ns/net" }, ipc: { path: "/ns/ipc" }, uts: "host", pid: "new" } as const;

    expect(listNamespaces(sources, "v1", false)).toEqual([
      { type: "mount" },
      { type: "pid" },
      { type: "network", path: "/ns/net" },
      { type: "ipc", path: "/ns/ipc" },
    ]);
  });

  it("hides the cgroup tree on v2, but not from a privileged container", () => {
    const sources = { network: "host", ipc: "host", uts: "host", pid: "host" } as const;

    expect(listNamespaces(sources, "v2", false)).toEqual([{ type: "mount" }, { type: "cgroup" }]);
    expect(listNamespaces(sources, "v2", true)).toEqual([{ type: "mount" }]);
  });
});
