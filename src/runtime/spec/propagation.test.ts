import { describe, expect, it } from "vitest";
import type { MountEntry } from "#host";
import type { ContainerMount } from "#spec";
import { assertPropagates, rootPropagation } from "./propagation.ts";

const mount: ContainerMount = {
  containerPath: "/data",
  hostPath: "/srv/data/x",
  isReadonly: false,
  isRecursivelyReadonly: false,
  selinuxRelabel: false,
  propagation: "bidirectional",
  uidMappings: [],
  gidMappings: [],
  image: undefined,
  imageSubPath: "",
  options: [],
};

function entry(target: string, ...propagation: readonly string[]): MountEntry {
  return { target, root: "/", type: "ext4", source: "/dev/vda", options: "rw", propagation };
}

describe("assertPropagates()", () => {
  it("looks at the mount that the path is on, the last one at its place", () => {
    const table = [entry("/"), entry("/srv"), entry("/srv", "shared:7"), entry("/srv/data/xy")];

    expect(() => assertPropagates(mount, table)).not.toThrow();
  });

  it("lets a slave take mounts of the host, but give none", () => {
    const table = [entry("/", "master:3")];

    expect(() => assertPropagates({ ...mount, propagation: "host-to-container" }, table)).not.toThrow();
    expect(() => assertPropagates(mount, table)).toThrowError(expect.objectContaining({ kind: "invalid" }));
  });

  it("refuses a private mount and names it", () => {
    const table = [entry("/", "shared:1"), entry("/srv")];

    expect(() => assertPropagates(mount, table)).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining("the mount /srv, which is not a shared mount") as unknown,
      }),
    );
  });
});

describe("rootPropagation()", () => {
  it("is what the most demanding mount needs", () => {
    const slave = { ...mount, propagation: "host-to-container" } as const;

    expect(rootPropagation([])).toBeUndefined();
    expect(rootPropagation([slave])).toBe("rslave");
    expect(rootPropagation([slave, mount])).toBe("rshared");
  });
});
