import { describe, expect, it } from "vitest";
import { planMountSteps } from "./mount-flags.ts";

const readOnly = 0x1;
const noSuid = 0x2;
const remount = 0x20;
const bind = 0x1000;
const recursive = 0x4000;
const isPrivate = 0x4_0000;
const isSlave = 0x8_0000;

describe("planMountSteps()", () => {
  it("needs one call for a file system with attributes", () => {
    expect(planMountSteps(["ro", "nosuid"])).toEqual({ first: readOnly | noSuid, rest: [] });
    expect(planMountSteps([])).toEqual({ first: 0, rest: [] });
  });

  it("gives a bind mount its attributes in a second call, and its propagation in a third", () => {
    expect(planMountSteps(["rbind", "ro", "rslave"])).toEqual({
      first: bind | recursive,
      rest: [remount | bind | readOnly, isSlave | recursive],
    });
  });

  it("makes no mount when only the propagation changes", () => {
    expect(planMountSteps(["private"])).toEqual({ first: undefined, rest: [isPrivate] });
  });

  it("takes a remount of a bind mount as it is", () => {
    expect(planMountSteps(["remount", "bind", "ro"])).toEqual({ first: remount | bind | readOnly, rest: [] });
  });

  it("refuses a flag that it does not know", () => {
    expect(() => planMountSteps(["bind", "r"])).toThrow("mount: unknown flag r");
  });
});
