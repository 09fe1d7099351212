// canary src/pod/conditional-expect.test.ts: vitest(no-conditional-expect)
import { expect, test } from "vitest";

test("judges only sometimes", () => {
  const value: unknown = 4;
  if (typeof value === "string") expect(value).toBe("4");
});
