import { expect, test } from "vitest";
import { live } from "./live.ts";

test("live() has the properties of the latest value, also when it is spread", () => {
  let current: { readonly level: string; readonly extra?: number } = { level: "info" };
  const options = live(() => current);
  const before = { ...options };
  current = { level: "debug", extra: 1 };

  expect(before).toEqual({ level: "info" });
  expect({ ...options }).toEqual({ level: "debug", extra: 1 });
  expect(options.level).toBe("debug");
  expect("extra" in options).toBe(true);
});

test("live() takes no changes from its readers", () => {
  const options = live(() => ({ level: "info" }));

  expect(() => {
    options.level = "debug";
  }).toThrow(TypeError);
});
