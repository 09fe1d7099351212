import { describe, expect, it } from "vitest";
import { faultOfRuntime } from "./runtime-fault.ts";

describe("faultOfRuntime()", () => {
  it.each([
    [
      "not-found",
      "runtime.command-not-found",
      'runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH',
    ],
    [
      "not-found",
      "runtime.command-not-found",
      'runc create failed: unable to start container process: exec: "/bin/nosuch": stat /bin/nosuch: no such file or directory',
    ],
    [
      "not-found",
      "runtime.command-not-found",
      "executable file `nosuch` not found in $PATH: No such file or directory",
    ],
    [
      "denied",
      "runtime.command-not-executable",
      'exec failed: unable to start container process: exec: "/etc/passwd": permission denied',
    ],
    ["denied", "runtime.command-not-executable", "open executable: Permission denied"],
    [
      "broken",
      "runtime.failed",
      'runc create failed: error mounting "/nosuch" to rootfs at "/data": stat /nosuch: no such file or directory',
    ],
    ["broken", "runtime.failed", "permission denied"],
  ])("is %s (%s) for %j", (kind, code, said) => {
    expect(faultOfRuntime("create c1", said)).toMatchObject({
      kind,
      message: `create c1: ${said}`,
      reason: { code, said },
    });
  });

  it("says so when the runtime gave no reason", () => {
    expect(faultOfRuntime("start c1", "").message).toBe("start c1: it gave no reason");
  });
});
