import { expect, test } from "vitest";
import { CpuRates } from "./cpu-rates.ts";

const second = 1_000_000_000n;
const ms = 1_000_000n;

test("the first reading has no rate; the next has the one since", () => {
  const rates = new CpuRates();

  expect(rates.add("a", { atNanos: 0n, usageNanos: 5n * second })).toBeUndefined();
  expect(rates.add("a", { atNanos: 10n * second, usageNanos: 10n * second })).toBe(500_000_000n);
  expect(rates.add("a", { atNanos: 20n * second, usageNanos: 30n * second })).toBe(2_000_000_000n);
});

test("a second poller does not shorten the span of the first", () => {
  const rates = new CpuRates();
  rates.add("a", { atNanos: 0n, usageNanos: 0n });

  expect(rates.add("a", { atNanos: second, usageNanos: second })).toBe(second);
  expect(rates.add("a", { atNanos: second + ms, usageNanos: second })).toBe(second);
  expect(rates.add("a", { atNanos: 2n * second, usageNanos: second + second / 2n })).toBe(500_000_000n);
});

test("readings one after another without a pause have no rate yet", () => {
  const rates = new CpuRates();
  rates.add("a", { atNanos: 0n, usageNanos: 0n });

  expect(rates.add("a", { atNanos: ms, usageNanos: ms })).toBeUndefined();
});

test("a counter that begins anew, or was forgotten, is a first reading", () => {
  const rates = new CpuRates();
  rates.add("a", { atNanos: 0n, usageNanos: 9n * second });

  expect(rates.add("a", { atNanos: second, usageNanos: 0n })).toBeUndefined();
  rates.forget("a");
  expect(rates.add("a", { atNanos: 2n * second, usageNanos: second })).toBeUndefined();
});
