import { describe, expect, it } from "vitest";
import { hostIdOf } from "./id-mapping.ts";

describe("hostIdOf()", () => {
  const mappings = [
    { containerId: 0, hostId: 100_000, length: 10 },
    { containerId: 20, hostId: 5_000, length: 1 },
  ];

  it.each([
    [0, 100_000],
    [9, 100_009],
    [10, undefined],
    [20, 5_000],
    [21, undefined],
  ])("maps %i to %s", (id, expected) => {
    expect(hostIdOf(mappings, id)).toBe(expected);
  });
});
