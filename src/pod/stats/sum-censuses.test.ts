import { expect, test } from "vitest";
import { sumCensuses } from "./sum-censuses.ts";
import type { TaskCensus } from "./types.ts";

function census(takenAtNanos: bigint, sleeping: number): TaskCensus {
  return {
    takenAtNanos,
    tasks: { states: { running: 1, sleeping, uninterruptible: 0, stopped: 0 }, openFiles: 3, sockets: 1 },
    openFilesLimit: 1024n,
    load: { running: 0.5, uninterruptible: 0 },
  };
}

test("counts add up, and are as old as the oldest of them", () => {
  expect(sumCensuses([census(7n, 2), census(5n, 4)])).toEqual({
    takenAtNanos: 5n,
    tasks: { states: { running: 2, sleeping: 6, uninterruptible: 0, stopped: 0 }, openFiles: 6, sockets: 2 },
    openFilesLimit: undefined,
    load: { running: 1, uninterruptible: 0 },
  });
});

test("of one it is that one's, without the limit of its process", () => {
  expect(sumCensuses([census(7n, 2)])).toEqual({ ...census(7n, 2), openFilesLimit: undefined });
});

test.each([[[]], [[undefined]], [[census(7n, 2), undefined]]])(
  "%# is not known as long as one was not counted",
  (all) => {
    expect(sumCensuses(all)).toBeUndefined();
  },
);
