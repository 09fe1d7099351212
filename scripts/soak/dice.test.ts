import { expect, test } from "vitest";
import { createDice } from "./dice.ts";

test("dice of one seed fall alike, those of another do not", () => {
  const throws = (seed: number): readonly number[] => {
    const dice = createDice(seed);
    return Array.from({ length: 50 }, () => dice.below(1_000));
  };

  expect(throws(7)).toEqual(throws(7));
  expect(throws(7)).not.toEqual(throws(8));
});

test("dice show every side, and nothing else", () => {
  const dice = createDice(1);
  const seen = new Set(Array.from({ length: 1_000 }, () => dice.below(6)));

  expect([...seen].toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
});
