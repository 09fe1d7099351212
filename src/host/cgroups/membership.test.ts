import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countProcs, parseMemberships, parseProcs } from "./membership.ts";

describe("parseMemberships()", () => {
  it("reads the lines of both versions", () => {
    const text = "9:name=systemd:/\n4:cpu,cpuacct:/pods/a:b\n0::/user.slice\n";

    expect(parseMemberships(text)).toEqual([
      { hierarchy: 9, controllers: ["name=systemd"], path: "/" },
      { hierarchy: 4, controllers: ["cpu", "cpuacct"], path: "/pods/a:b" },
      { hierarchy: 0, controllers: [], path: "/user.slice" },
    ]);
  });

  it("gives back what was written", () => {
    const membership = fc.record({
      hierarchy: fc.nat(),
      controllers: fc.array(fc.stringMatching(/^[a-z_=]+$/)),
      path: fc.stringMatching(/^\/[^\n]*$/),
    });

    fc.assert(
      fc.property(fc.array(membership), (wanted) => {
        const lines = wanted.map(({ hierarchy, controllers, path }) => `${hierarchy}:${controllers.join(",")}:${path}`);

        expect(parseMemberships(lines.join("\n"))).toEqual(wanted);
      }),
    );
  });
});

describe("parseProcs()", () => {
  it("leaves out processes that have no number here", () => {
    expect(parseProcs("12\n0\n3\n")).toEqual([12, 3]);
    expect(parseProcs("")).toEqual([]);
  });

  it.each(["12\n0\n3\n", "", "7", "0\n"])("finds in %j as many as are counted", (text) => {
    expect(countProcs(text)).toBe(parseProcs(text).length);
  });
});
