import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capabilityNames } from "#spec";
import { parseCapabilitySet } from "./capabilities.ts";
import { parseStatusCapabilities } from "./proc-status.ts";

describe("parseStatusCapabilities()", () => {
  it("reads the bounding and the effective set", () => {
    const text = "Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t0000000001000000\nCapBnd:\t0000000000000021\n";

    const { bounding, effective } = parseStatusCapabilities(text);

    expect([...bounding]).toEqual(["CAP_CHOWN", "CAP_KILL"]);
    expect([...effective]).toEqual(["CAP_SYS_RESOURCE"]);
  });

  it("says which set is missing", () => {
    expect(() => parseStatusCapabilities("Name:\tnode\n")).toThrow("read own capabilities: no CapBnd");
  });
});

describe("parseCapabilitySet()", () => {
  it("knows 41 capabilities, and gives back any set of them", () => {
    fc.assert(
      fc.property(fc.subarray([...capabilityNames]), (names) => {
        const bits = names.reduce((set, name) => set | (1n << BigInt(capabilityNames.indexOf(name))), 0n);

        expect([...parseCapabilitySet(bits.toString(16).padStart(16, "0"))]).toEqual(names);
      }),
    );
    expect(capabilityNames).toHaveLength(41);
  });

  it("leaves out what a newer kernel added", () => {
    expect(parseCapabilitySet("ffffffffffffffff").size).toBe(41);
  });
});
