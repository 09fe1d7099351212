import { expect, test } from "vitest";
import { formatSize } from "./size.ts";

test.each([
  [0n, "0B"],
  [999n, "999B"],
  [1_000n, "1kB"],
  [742_472n, "742kB"],
  [1_146_369n, "1.15MB"],
  [4_500_000n, "4.5MB"],
  [191_000_000_000n, "191GB"],
  [5n * 10n ** 18n, "5000PB"],
])("formatSize() tells %d bytes as %s", (bytes, expected) => {
  expect(formatSize(bytes)).toBe(expected);
});
