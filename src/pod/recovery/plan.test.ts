import { expect, test } from "vitest";
import { containerRecord, sandboxRecord } from "../fixtures.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { type Observed, planRecovery } from "./plan.ts";

const pin = "/run/crisp/sandboxes/x/ns/net";
const root = "/run/crisp/containers/x/rootfs";
const process = { init: { pid: 7, startTicks: 70n }, monitor: { pid: 6, startTicks: 60n }, cgroupPath: "/crisp/x" };

const sameBoot: Observed = {
  bootId: "boot-1",
  mounted: new Set([pin, root]),
  pinsOf: () => [pin],
  rootOf: () => root,
  isAlive: () => true,
};
const nextBoot: Observed = { ...sameBoot, bootId: "boot-2", mounted: new Set(), isAlive: () => false };

function plan(sandbox: Partial<SandboxRecord>, container: Partial<ContainerRecord>, observed: Observed) {
  return planRecovery([sandboxRecord(sandbox)], [containerRecord(container)], observed);
}

test("nothing is to be done for a ready sandbox and a created container of this boot", () => {
  expect(plan({}, {}, sameBoot)).toEqual([]);
});

test("a container that ran is watched again", () => {
  const running = containerRecord({ status: { phase: "running", startedAtNanos: 1n, process } });

  expect(plan({}, running, sameBoot)).toEqual([{ do: "watch-container", id: running.id, process }]);
});

test.each([
  ["starting", "end-half-started"],
  ["creating", "discard-container"],
] as const)("a container whose record says %s needs %s", (phase, step) => {
  expect(plan({}, { status: { phase } }, sameBoot)).toEqual([{ do: step, id: containerRecord().id }]);
});

test("an ended container is released only while its root is still mounted", () => {
  const status = {
    phase: "exited",
    startedAtNanos: 1n,
    finishedAtNanos: 2n,
    exitCode: 0,
    reason: "",
    message: "",
  } as const;

  expect(plan({}, { status }, sameBoot)).toEqual([{ do: "release-container", id: containerRecord().id }]);
  expect(plan({}, { status }, { ...sameBoot, mounted: new Set([pin]) })).toEqual([]);
});

test("after a reboot what ran has ended and its sandbox is stopped", () => {
  const status = { phase: "running", startedAtNanos: 1n, process } as const;

  expect(plan({}, { status }, nextBoot)).toEqual([
    { do: "end-of-old-boot", id: containerRecord().id },
    { do: "stop-sandbox", id: sandboxRecord().id, why: "the machine was started anew" },
  ]);
});

test("a container without its sandbox has ended", () => {
  const status = { phase: "running", startedAtNanos: 1n, process } as const;

  expect(planRecovery([], [containerRecord({ status })], sameBoot)).toMatchObject([{ do: "end-of-old-boot" }]);
});

test("a sandbox is stopped when a namespace or its pause process is gone", () => {
  const ready = { phase: "ready", ips: [], pause: process } as const;

  expect(plan({ status: ready }, {}, { ...sameBoot, mounted: new Set() })).toMatchObject([
    { do: "stop-sandbox", why: `its namespace ${pin} is gone` },
  ]);
  expect(plan({ status: ready }, {}, { ...sameBoot, isAlive: () => false })).toMatchObject([
    { do: "stop-sandbox", why: "its pause process is gone" },
  ]);
});

test.each([
  ["creating", "discard-sandbox"],
  ["stopping", "stop-sandbox"],
] as const)("a sandbox whose record says %s needs %s", (phase, step) => {
  expect(plan({ status: { phase } }, {}, sameBoot)).toMatchObject([{ do: step }]);
});
