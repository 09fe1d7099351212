import { describe, expect, it } from "vitest";
import { knowsVolatile, overlayMount } from "./overlay.ts";

const kernel = { hasVolatile: true };
const writable = { upper: "/r/snapshots/s/upper", work: "/r/snapshots/s/work" };

describe("overlayMount()", () => {
  it("names the uppermost layer first", () => {
    expect(overlayMount("/t", { lowers: ["/r/1", "/r/2"], writable }, kernel)).toEqual({
      source: "overlay",
      target: "/t",
      type: "overlay",
      flags: [],
      data: `lowerdir=/r/2:/r/1,upperdir=${writable.upper},workdir=${writable.work},volatile`,
    });
  });

  it("leaves volatile out where the kernel does not know it", () => {
    expect(overlayMount("/t", { lowers: ["/r/1"], writable }, { hasVolatile: false }).data).not.toContain("volatile");
  });

  it("has other options where they are wanted, and views none of them", () => {
    const wanted = { ...kernel, options: { volatile: "off", metacopy: "on", xino: "auto" } };
    const data = (options: ReturnType<typeof overlayMount>): string | undefined => options.data?.split(",workdir=")[1];

    expect(data(overlayMount("/t", { lowers: ["/r/1"], writable }, wanted))).toBe(
      `${writable.work},metacopy=on,xino=auto`,
    );
    expect(overlayMount("/t", { lowers: ["/r/1", "/r/2"] }, wanted).data).toBe("lowerdir=/r/2:/r/1");
  });

  it("makes a read-only view without a writable directory", () => {
    const view = overlayMount("/t", { lowers: ["/r/1", "/r/2"] }, kernel);

    expect([view.flags, view.data]).toEqual([["ro"], "lowerdir=/r/2:/r/1"]);
  });

  it("binds a single layer, since overlay wants two for a view", () => {
    expect(overlayMount("/t", { lowers: ["/r/1"] }, kernel)).toEqual({
      source: "/r/1",
      target: "/t",
      type: "",
      flags: ["bind", "ro"],
    });
  });

  it("refuses more layers than fit one page", () => {
    const lowers = Array.from({ length: 200 }, (_, index) => `/var/lib/crisp/layers/${index}/fs`);

    expect(() => overlayMount("/t", { lowers, writable }, kernel)).toThrow(
      /mount 200 layers: .* the kernel takes 4095/,
    );
  });
});

describe("knowsVolatile()", () => {
  it.each([
    ["6.1.0-18-amd64", true],
    ["5.10.0", true],
    ["5.4.0-generic", false],
    ["4.19", false],
  ])("of %s is %s", (release, answer) => {
    expect(knowsVolatile(release)).toBe(answer);
  });
});
