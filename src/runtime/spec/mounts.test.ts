import { describe, expect, it } from "vitest";
import type { ContainerMount } from "#spec";
import { exampleMount } from "../fake/example-input.ts";
import { listMounts, type MountsInput } from "./mounts.ts";

const input: MountsInput = {
  requested: [],
  podFiles: {},
  isPrivileged: false,
  hasWritableCgroup: false,
  hasReadonlyRootfs: false,
  hasRecursiveReadonly: true,
  namespaces: { network: "new" },
  hostMounts: undefined,
};

function destinations(changes: Partial<MountsInput>): readonly string[] {
  return listMounts({ ...input, ...changes }).map(({ destination }) => destination);
}

function refusal(changes: Partial<ContainerMount>, more: Partial<MountsInput> = {}): () => unknown {
  return () => listMounts({ ...input, ...more, requested: [{ ...exampleMount, ...changes }] });
}

describe("listMounts()", () => {
  it("shows the machine's own sysfs in a user namespace on its network, where the kernel makes no new one", () => {
    const ids = [{ hostId: 65_536, containerId: 0, length: 65_536 }];
    const user = { path: "/ns/user", mappings: { uids: ids, gids: ids } };
    const sysOf = (network: "host" | "new"): object | undefined =>
      listMounts({ ...input, namespaces: { network, user } }).find(({ destination }) => destination === "/sys");

    expect(sysOf("new")).toMatchObject({ type: "sysfs" });
    expect(sysOf("host")).toMatchObject({
      type: "bind",
      source: "/sys",
      options: ["rbind", "rslave", "nosuid", "noexec", "nodev", "ro"],
    });
  });

  it("gives the kernel's file systems, read-only where they tell of the machine", () => {
    const mounts = listMounts(input);

    expect(mounts.map(({ destination }) => destination)).toEqual([
      "/proc",
      "/dev",
      "/dev/pts",
      "/dev/mqueue",
      "/sys",
      "/sys/fs/cgroup",
      "/dev/shm",
    ]);
    expect(mounts.filter(({ options }) => options.includes("ro")).map(({ destination }) => destination)).toEqual([
      "/sys",
      "/sys/fs/cgroup",
    ]);
  });

  it("makes them writable for a privileged container", () => {
    expect(listMounts({ ...input, isPrivileged: true }).some(({ options }) => options.includes("ro"))).toBe(false);
  });

  it("binds the pod's files, and its shm in the place of an own one", () => {
    const mounts = listMounts({ ...input, podFiles: { resolvConf: "/pod/resolv", shm: "/pod/shm" } });

    expect(mounts.filter(({ destination }) => destination === "/dev/shm")).toEqual([
      { destination: "/dev/shm", type: "bind", source: "/pod/shm", options: ["rbind", "rprivate", "rw"] },
    ]);
    expect(mounts.map(({ destination }) => destination)).toContain("/etc/resolv.conf");
  });

  it("makes the pod's files read-only with a read-only root", () => {
    const mounts = listMounts({ ...input, hasReadonlyRootfs: true, podFiles: { hosts: "/pod/hosts" } });

    expect(mounts.at(-1)).toMatchObject({ destination: "/etc/hosts", options: ["rbind", "rprivate", "ro"] });
  });

  it("lets the request's mounts take the place of others", () => {
    const requested = [
      { ...exampleMount, containerPath: "/etc/hosts" },
      { ...exampleMount, containerPath: "/sys/fs/cgroup" },
    ];
    const mounts = listMounts({ ...input, requested, podFiles: { hosts: "/pod/hosts" } });

    expect(mounts.filter(({ source }) => source === "/srv/data")).toHaveLength(2);
    expect(mounts.filter(({ destination }) => destination === "/etc/hosts")).toHaveLength(1);
    expect(mounts.filter(({ destination }) => destination === "/sys/fs/cgroup")).toHaveLength(1);
  });

  it("leaves everything below /dev out when the request mounts /dev", () => {
    const all = destinations({ requested: [{ ...exampleMount, containerPath: "/dev" }] });

    expect(all.filter((path) => path.startsWith("/dev"))).toEqual(["/dev"]);
  });

  it("makes outer mounts before inner ones, and keeps the order of others", () => {
    const paths = ["/a/b/c", "/dev/termination-log", "/z", "/a", "/a/b"];
    const requested = paths.map((containerPath) => ({ ...exampleMount, containerPath }));

    expect(destinations({ requested }).slice(-5)).toEqual(["/z", "/a", "/dev/termination-log", "/a/b", "/a/b/c"]);
  });

  it("cleans the path, so that it is compared as what it is", () => {
    expect(destinations({ requested: [{ ...exampleMount, containerPath: "/a/./b//c/.." }] }).at(-1)).toBe("/a/b");
  });

  it("gives read-only, recursive read-only and further options", () => {
    const requested = [
      { ...exampleMount, isReadonly: true, isRecursivelyReadonly: true },
      { ...exampleMount, isReadonly: true, options: ["noexec"] },
    ];

    expect(listMounts({ ...input, requested }).slice(-2)).toMatchObject([
      { options: ["rbind", "rprivate", "ro", "rro"] },
      { options: ["rbind", "rprivate", "ro", "noexec"] },
    ]);
  });

  it("gives an image volume as data that nobody writes or runs, unless it is asked for", () => {
    const image = { image: "tools", userSpecifiedImage: "", annotations: {}, runtimeHandler: "", imageRef: "" };
    const requested = [
      { ...exampleMount, image, hostPath: "/views/0" },
      { ...exampleMount, image, hostPath: "/views/1", options: ["exec"] },
    ];
    const options = ["rbind", "rprivate", "nosuid", "nodev", "noexec", "ro"];

    expect(listMounts({ ...input, requested }).slice(-2)).toMatchObject([
      { source: "/views/0", options },
      { source: "/views/1", options: [...options, "exec"] },
    ]);
  });

  it("has a reason of its own for what cannot be made read-only with all below it", () => {
    const mount = { isReadonly: true, isRecursivelyReadonly: true };

    expect(refusal(mount, { hasRecursiveReadonly: false })).toThrowError(
      expect.objectContaining({
        kind: "unsupported",
        reason: { code: "runtime.no-recursive-readonly", field: "mounts.recursive_read_only" },
      }),
    );
  });

  it.each([
    ["mounts.container_path", { containerPath: "data" }],
    ["mounts.container_path", { containerPath: "/a/.." }],
    ["mounts.host_path", { hostPath: "data" }],
    ["mounts.recursive_read_only", { isRecursivelyReadonly: true }],
    ["mounts.recursive_read_only", { isRecursivelyReadonly: true, isReadonly: true, propagation: "bidirectional" }],
    ["mounts.mount_options", { options: ["size=1g"] }],
    ["mounts.propagation", { propagation: "bidirectional" }],
    [
      "mounts.propagation",
      { propagation: "bidirectional", uidMappings: [{ hostId: 1, containerId: 0, length: 1 }], isReadonly: true },
    ],
  ] as const)("refuses a bad %s", (field, changes) => {
    const changed = changes as Partial<ContainerMount>;
    const hostMounts = "propagation" in changes && !("isReadonly" in changes) ? [] : [shared("/")];

    expect(refusal(changed, { hostMounts })).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "runtime.invalid-field", field } }),
    );
  });
});

function shared(target: string): NonNullable<MountsInput["hostMounts"]>[number] {
  return { target, root: "/", type: "ext4", source: "/dev/vda", options: "rw", propagation: ["shared:1"] };
}
