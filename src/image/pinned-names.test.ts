import { describe, expect, it } from "vitest";
import { pinnedNames } from "./pinned-names.ts";

const busybox = ["sha256:abc", "abc", "docker.io/library/busybox:1.36", "docker.io/library/busybox@sha256:def"];

describe("pinnedNames()", () => {
  it.each([
    ["busybox:1.36", true],
    ["busybox:1.37", false],
    ["abc", true],
    ["docker.io/library/busybox:*", true],
    ["docker.io/library/busybox@*", true],
    ["docker.io/library/busy*", true],
    ["*busybox*", true],
    ["busybox*", false],
    ["docker.io/library/busybox", false],
  ])("%j keeps the image: %j", (wanted, isKept) => {
    const toFullName = (name: string): string | undefined =>
      name.startsWith("busybox") ? `docker.io/library/${name}` : undefined;

    expect(pinnedNames(() => [wanted], toFullName)(busybox)).toBe(isKept);
  });

  it("heeds a change", () => {
    let wanted = ["abc"];
    const isPinned = pinnedNames(
      () => wanted,
      () => undefined,
    );
    expect(isPinned(busybox)).toBe(true);

    wanted = ["def"];

    expect(isPinned(busybox)).toBe(false);
  });

  it("keeps nothing when nothing is wanted", () => {
    expect(
      pinnedNames(
        () => [],
        () => undefined,
      )(busybox),
    ).toBe(false);
  });
});
