import { describe, expect, it } from "vitest";
import { exampleLimits } from "../fake/example-input.ts";
import { chooseCapabilities } from "./capabilities.ts";

const none = { add: [], drop: [], addAmbient: [] };

describe("chooseCapabilities()", () => {
  it("gives the usual fourteen when nothing is asked", () => {
    const { capabilities, clamped } = chooseCapabilities(none, false, exampleLimits);

    expect(capabilities.bounding).toHaveLength(14);
    expect(capabilities.effective).toEqual(capabilities.bounding);
    expect(capabilities.permitted).toEqual(capabilities.bounding);
    expect([capabilities.inheritable, capabilities.ambient, clamped]).toEqual([[], [], []]);
  });

  it("adds and drops by name, with and without prefix, in any case", () => {
    const changes = { ...none, add: ["NET_ADMIN"], drop: ["cap_chown", "net_raw"] };

    const { bounding } = chooseCapabilities(changes, false, exampleLimits).capabilities;

    expect(bounding).toContain("CAP_NET_ADMIN");
    expect(bounding).not.toContain("CAP_CHOWN");
    expect(bounding).not.toContain("CAP_NET_RAW");
  });

  it("drops ALL before it adds", () => {
    const changes = { ...none, add: ["NET_BIND_SERVICE"], drop: ["ALL"] };

    expect(chooseCapabilities(changes, false, exampleLimits).capabilities.bounding).toEqual(["CAP_NET_BIND_SERVICE"]);
  });

  it("lets a drop win over an add", () => {
    const changes = { ...none, add: ["ALL", "NET_ADMIN"], drop: ["NET_ADMIN"] };

    const { bounding } = chooseCapabilities(changes, false, exampleLimits).capabilities;

    expect(bounding).toContain("CAP_SYS_ADMIN");
    expect(bounding).not.toContain("CAP_NET_ADMIN");
  });

  it("makes ambient capabilities inheritable, as the kernel wants it", () => {
    const changes = { ...none, drop: ["ALL"], addAmbient: ["NET_BIND_SERVICE"] };

    const { capabilities } = chooseCapabilities(changes, false, exampleLimits);

    expect(capabilities.ambient).toEqual(["CAP_NET_BIND_SERVICE"]);
    expect(capabilities.inheritable).toEqual(["CAP_NET_BIND_SERVICE"]);
    expect(capabilities.permitted).toEqual(["CAP_NET_BIND_SERVICE"]);
  });

  it("leaves out what the daemon does not have, and tells", () => {
    const { capabilities, clamped } = chooseCapabilities({ ...none, add: ["SYS_TIME"] }, false, exampleLimits);

    expect(capabilities.bounding).not.toContain("CAP_SYS_TIME");
    expect(clamped).toEqual([{ what: "capability", asked: "CAP_SYS_TIME", granted: "" }]);
  });

  it("gives a privileged container all that there are", () => {
    const { capabilities } = chooseCapabilities({ ...none, drop: ["ALL"] }, true, exampleLimits);

    expect(new Set(capabilities.bounding)).toEqual(exampleLimits.capabilities);
  });

  it("refuses what is no capability", () => {
    expect(() => chooseCapabilities({ ...none, drop: ["FLY"] }, false, exampleLimits)).toThrowError(
      expect.objectContaining({
        kind: "invalid",
        reason: { code: "runtime.invalid-field", field: "drop_capabilities" },
      }),
    );
  });
});
