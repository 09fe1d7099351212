import { describe, expect, it } from "vitest";
import { chooseDevices } from "./devices.ts";

const fuse = { path: "/dev/fuse", type: "c", major: 10, minor: 229, mode: 0o666, uid: 0, gid: 5 } as const;
const card = { path: "/dev/dri/card0", type: "c", major: 226, minor: 0, mode: 0o660, uid: 0, gid: 44 } as const;
const known = [fuse, card];

describe("chooseDevices()", () => {
  it("denies everything but what the runtime adds by itself", () => {
    expect(chooseDevices([], false, known)).toEqual({ devices: [], rules: [{ allow: false, access: "rwm" }] });
  });

  it("gives a device another name and a rule of its own", () => {
    const asked = { hostPath: "/dev/fuse", containerPath: "/dev/my-fuse", permissions: "rw" };

    expect(chooseDevices([asked], false, known)).toEqual({
      devices: [{ path: "/dev/my-fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 5 }],
      rules: [
        { allow: false, access: "rwm" },
        { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
      ],
    });
  });

  it("takes a directory for all devices below it", () => {
    const asked = { hostPath: "/dev/dri", containerPath: "/dev/gpu/", permissions: "" };

    const { devices, rules } = chooseDevices([asked], false, known);

    expect(devices.map(({ path }) => path)).toEqual(["/dev/gpu/card0"]);
    expect(rules[1]).toMatchObject({ access: "rwm", major: 226 });
  });

  it("gives a privileged container all devices and one rule", () => {
    const { devices, rules } = chooseDevices([], true, known);

    expect(devices.map(({ path }) => path)).toEqual(["/dev/fuse", "/dev/dri/card0"]);
    expect(rules).toEqual([{ allow: true, access: "rwm" }]);
  });

  it.each([
    ["devices.host_path", { hostPath: "/dev/none", containerPath: "/dev/none", permissions: "r" }],
    ["devices.permissions", { hostPath: "/dev/fuse", containerPath: "/dev/fuse", permissions: "x" }],
  ])("refuses a bad %s", (field, asked) => {
    expect(() => chooseDevices([asked], false, known)).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "runtime.invalid-field", field } }),
    );
  });
});
