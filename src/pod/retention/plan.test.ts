import { expect, test } from "vitest";
import type { ContainerId, SandboxId } from "#foundation";
import { containerConfig, containerRecord } from "../fixtures.ts";
import type { ContainerRecord, ContainerStatus } from "../records.ts";
import { planRetention } from "./plan.ts";

const hour = 3_600_000;
const now = 100n * 3_600n * 1_000_000_000n;

function attempt(name: string, number: number, hoursAgo: number | "running", pod = "pod"): ContainerRecord {
  const config = containerConfig();
  return containerRecord({
    id: `${pod}-${name}-${number}` as ContainerId,
    sandboxId: pod as SandboxId,
    config: { ...config, metadata: { ...config.metadata, name, attempt: number } },
    status: hoursAgo === "running" ? running : exitedAt(now - BigInt(hoursAgo) * BigInt(hour) * 1_000_000n),
  });
}

const identity = { pid: 1, startTicks: 1n };
const running: ContainerStatus = {
  phase: "running",
  startedAtNanos: 1n,
  process: { init: identity, monitor: identity, cgroupPath: "/c" },
};

function exitedAt(finishedAtNanos: bigint): ContainerStatus {
  return { phase: "exited", startedAtNanos: 1n, finishedAtNanos, exitCode: 1, reason: "Error", message: "" };
}

const policy = { maxEndedPerContainer: 2, minEndedAgeMs: hour };
const crashing = [attempt("main", 3, "running"), attempt("main", 0, 9), attempt("main", 2, 2), attempt("main", 1, 5)];

test("of the attempts of one container the newest ended ones stay", () => {
  expect(planRetention(crashing, policy, now)).toEqual(["pod-main-0"]);
});

test("without a limit all stay", () => {
  expect(planRetention(crashing, { ...policy, maxEndedPerContainer: 0 }, now)).toEqual([]);
});

test("what has just ended stays", () => {
  const quick = [attempt("main", 0, 0), attempt("main", 1, 0), attempt("main", 2, 0)];

  expect(planRetention(quick, { ...policy, maxEndedPerContainer: 1 }, now)).toEqual([]);
});

test("containers of other names and of other pods do not count against each other", () => {
  const single = [
    attempt("init-a", 0, 50),
    attempt("init-b", 0, 50),
    attempt("main", 0, 50),
    attempt("main", 0, 50, "other"),
  ];

  expect(planRetention(single, { ...policy, maxEndedPerContainer: 1 }, now)).toEqual([]);
});
