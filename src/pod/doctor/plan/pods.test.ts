import { expect, test } from "vitest";
import { containerRecord, sandboxRecord } from "../../fixtures.ts";
import type { ContainerStatus } from "../../records.ts";
import { steadyOf } from "./plan-fixture.ts";
import { type ObservedPods, planPods } from "./pods.ts";

const [net, shm, root] = [
  "/run/crisp/sandboxes/x/ns/net",
  "/run/crisp/sandboxes/x/shm",
  "/run/crisp/containers/x/rootfs",
];
const process = { init: { pid: 7, startTicks: 70n }, monitor: { pid: 6, startTicks: 60n }, cgroupPath: "/crisp/x" };
const running: ContainerStatus = { phase: "running", startedAtNanos: 1n, process };
const ended = { phase: "exited", startedAtNanos: 1n, finishedAtNanos: 2n, exitCode: 0, message: "" } as const;
const sandbox = sandboxRecord();

const whole: ObservedPods = {
  mounted: new Set([net, shm, root]),
  pinsOf: () => ({ net }),
  shmOf: () => shm,
  rootOf: () => root,
  isAlive: () => true,
  areInside: () => true,
};

function without(...paths: readonly string[]): ObservedPods {
  return { ...whole, mounted: new Set([net, shm, root].filter((path) => !paths.includes(path))) };
}

function plan(status: ContainerStatus, observed: ObservedPods, pod = sandbox) {
  return planPods(steadyOf({ sandboxes: [pod], containers: [containerRecord({ status })] }), observed);
}

test("planPods() finds nothing where all is there", () => {
  expect(plan(running, whole)).toEqual([]);
});

test("a lost namespace is pinned again by a process of the pod", () => {
  const mend = { do: "pin-again", id: sandbox.id, kind: "net", path: net, process: process.init };

  expect(plan(running, without(net))).toMatchObject([{ severity: "problem", where: net, mend }]);
});

test("a lost namespace of a pod whose programs are elsewhere is only told of", () => {
  const [finding] = plan(running, { ...without(net), areInside: () => false });

  expect(finding).toMatchObject({ severity: "problem", where: net });
  expect(finding?.mend).toBeUndefined();
});

test("a lost namespace that no process is in ends the pod", () => {
  const mend = { do: "stop-sandbox", id: sandbox.id };

  expect(plan({ phase: "created" }, without(net))).toMatchObject([{ where: net, mend }]);
  expect(plan(running, { ...without(net), isAlive: () => false })).toMatchObject([{ where: net, mend }]);
});

test("a sandbox that is not ready may have lost everything", () => {
  const stopped = sandboxRecord({ status: { phase: "stopped" } });

  expect(plan({ ...ended, reason: "Completed" }, without(net, shm, root), stopped)).toEqual([]);
});

test("a pod whose pause process is gone is stopped: nothing of it runs any more", () => {
  const shared = sandboxRecord({ status: { phase: "ready", ips: [], pause: process } });

  expect(plan({ phase: "created" }, { ...whole, isAlive: () => false }, shared)).toMatchObject([
    { severity: "problem", mend: { do: "stop-sandbox" } },
  ]);
});

test("an ended container that still holds its root is released, unless it never was started", () => {
  expect(plan({ ...ended, reason: "Completed" }, whole)).toMatchObject([
    { where: root, mend: { do: "release-container" } },
  ]);
  expect(plan({ ...ended, reason: "StoppedBeforeStart" }, whole)).toEqual([]);
});

test.each([running, { phase: "created" } as const])("a $phase container without its root is told of", (status) => {
  expect(plan(status, without(root))).toMatchObject([{ severity: "problem", where: root }]);
});

test("a lost /dev/shm is told of", () => {
  expect(plan(running, without(shm))).toMatchObject([{ severity: "warning", where: shm }]);
});
