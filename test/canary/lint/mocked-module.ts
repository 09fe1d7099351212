// canary src/pod/mocked-module.test.ts: vitest(no-restricted-vi-methods)
import { expect, test, vi } from "vitest";

vi.mock("./deep.ts");

test("mocks a module of ours", () => {
  expect(4).toBe(4);
});
