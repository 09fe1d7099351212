import { expect, test } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { containerRecord } from "../fixtures.ts";
import type { ContainerRecord } from "../records.ts";
import { createTaskCensuses, decayed } from "./task-censuses.ts";

test("an average loses what was and takes what is, over ten seconds", () => {
  expect(decayed(4, 0, 10_000_000_000n)).toBeCloseTo(4 / Math.E);
  expect(decayed(0, 4, 10_000_000_000n)).toBeCloseTo(4 - 4 / Math.E);
  expect(decayed(3, 1, 0n)).toBe(3);
});

function runningRecord(pid: number, cgroupPath: string): ContainerRecord {
  const process = { init: { pid, startTicks: 1n }, monitor: { pid, startTicks: 1n }, cgroupPath };
  return containerRecord({ status: { phase: "running", startedAtNanos: 1n, process } });
}

test("the tasks of a running container are counted after the first question, those of an ended one are not", async () => {
  const host = new FakeHost();
  const running = runningRecord(2 ** 22, "/pods/one");
  const records = new Map([[running.id, running]]);
  const censuses = createTaskCensuses({
    host,
    containers: { find: (id) => records.get(id as ContainerRecord["id"]) },
    clock: { nowNanos: () => 5n },
    logger: silentLogger,
  });
  const first = censuses.find(running.id);
  censuses.find("ended");
  await censuses.settled();

  expect(first).toBeUndefined();
  expect(censuses.find(running.id)).toMatchObject({ takenAtNanos: 5n, tasks: { openFiles: 0 }, load: { running: 0 } });
  expect(censuses.find("ended")).toBeUndefined();
});
