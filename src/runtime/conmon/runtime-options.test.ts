import { describe, expect, it } from "vitest";
import { type OptionsInput, readOptions } from "./runtime-options.ts";

function optionsOf(runtimePath: string, options: OptionsInput["options"]) {
  return readOptions({ handler: "h", runtimePath, cgroupDriver: "cgroupfs", options });
}

describe("readOptions()", () => {
  it("knows those of runc, and of crun wherever it is", () => {
    expect(optionsOf("runc", { no_pivot_root: true, no_new_keyring: false, systemd_cgroup: false })).toEqual({
      runtime: [],
      monitor: ["--no-pivot"],
    });
    expect(optionsOf("/opt/crun", { no_new_keyring: true }).monitor).toEqual(["--no-new-keyring"]);
  });

  it("gives other runtimes theirs as flags", () => {
    const { runtime } = optionsOf("/usr/bin/runsc", {
      platform: "kvm",
      "ignore-cgroups": true,
      vfs2: false,
      n: [1, 2],
    });
    expect(runtime).toEqual(["--platform=kvm", "--ignore-cgroups", "--vfs2=false", "--n=1", "--n=2"]);
  });

  it.each([
    ["runc", { platform: "kvm" }, "runtimes.h.options.platform: not one of no_pivot_root, no_new_keyring"],
    ["runc", { constructor: true }, "options.constructor: not one of"],
    ["runc", { no_pivot_root: "yes" }, "options.no_pivot_root: must be true or false"],
    ["runc", { systemd_cgroup: true }, "options.systemd_cgroup: this node's cgroup.driver is cgroupfs"],
    ["runsc", { "a b": true }, "options.a b: is no flag's name"],
    ["runsc", { nested: { a: 1 } }, "options.nested: a flag cannot be a table"],
  ])("refuses for %s %j", (runtimePath, options, message) => {
    expect(() => optionsOf(runtimePath, options as OptionsInput["options"])).toThrow(message);
  });
});
