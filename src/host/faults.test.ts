import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { SystemError } from "./errno.ts";
import { hostFault } from "./faults.ts";

describe("hostFault()", () => {
  it("says what the kernel said, without its codes", () => {
    const fault = hostFault("mount tmpfs on /x", new SystemError("mount", 2));

    expect(fault).toMatchObject({
      kind: "not-found",
      message: "mount tmpfs on /x: no such file or directory",
      reason: { code: "host.system-call", errno: "ENOENT" },
    });
  });

  it("keeps a fault as it is, and names the act before anything else", () => {
    const fault = new Fault("busy", "remove /x: /x/y is a mount");

    expect(hostFault("remove /x", fault)).toBe(fault);
    expect(hostFault("read /x", new DOMException("gone", "AbortError"))).toMatchObject({
      kind: "canceled",
      message: "read /x: gone",
    });
  });
});
