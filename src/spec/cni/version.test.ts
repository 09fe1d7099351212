import { describe, expect, it } from "vitest";
import { isCniVersionAtLeast, selectCniVersion } from "./version.ts";

describe("selectCniVersion()", () => {
  it("takes the highest that crisp speaks", () => {
    expect(selectCniVersion(["0.4.0", "9.0.0", "1.0.0", "0.3.1"])).toBe("1.0.0");
  });

  it("finds none among versions that crisp does not speak", () => {
    expect(selectCniVersion(["0.1.0", "0.2.0", "2.0.0"])).toBeUndefined();
  });
});

describe("isCniVersionAtLeast()", () => {
  it("orders versions by age", () => {
    expect(isCniVersionAtLeast("1.1.0", "1.1.0")).toBe(true);
    expect(isCniVersionAtLeast("1.1.0", "0.4.0")).toBe(true);
    expect(isCniVersionAtLeast("0.3.1", "0.4.0")).toBe(false);
  });
});
