import { describe, expect, it } from "vitest";
import { decodeRuntimeFeatures, decodeRuntimeStatus } from "./features.ts";

describe("decodeRuntimeFeatures()", () => {
  it("reads what runc prints", () => {
    const features = decodeRuntimeFeatures(
      JSON.stringify({
        mountOptions: ["ro", "rro"],
        linux: {
          namespaces: ["user", "pid"],
          capabilities: ["CAP_CHOWN"],
          seccomp: { enabled: true },
          mountExtensions: { idmap: { enabled: true } },
        },
      }),
    );

    expect(features).toEqual({
      mountOptions: new Set(["ro", "rro"]),
      namespaces: new Set(["user", "pid"]),
      capabilities: new Set(["CAP_CHOWN"]),
      hasIdmappedMounts: true,
      hasSeccomp: true,
      hasApparmor: false,
      hasSelinux: false,
    });
  });

  it("counts what is absent as not there", () => {
    expect(decodeRuntimeFeatures("{}")).toMatchObject({
      hasSeccomp: false,
      mountOptions: new Set(),
      capabilities: undefined,
    });
  });

  it.each(["", "[]", "null"])("refuses %j", (text) => {
    expect(() => decodeRuntimeFeatures(text)).toThrowError(expect.objectContaining({ kind: "invalid" }));
  });
});

describe("decodeRuntimeStatus()", () => {
  it("finds the status", () => {
    expect(decodeRuntimeStatus('{"status":"running"}')).toBe("running");
    expect(decodeRuntimeStatus('{"status":1}')).toBeUndefined();
  });
});
