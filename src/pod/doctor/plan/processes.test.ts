import { expect, test } from "vitest";
import type { Step } from "#foundation";
import type { LogState } from "#runtime";
import { containerRecord, sandboxRecord } from "../../fixtures.ts";
import { planActs } from "./acts.ts";
import { type ObservedCgroup, planCgroups } from "./cgroups.ts";
import { planLogs } from "./logs.ts";
import { planMonitors } from "./monitors.ts";
import { steadyOf } from "./plan-fixture.ts";

const process = { init: { pid: 7, startTicks: 70n }, monitor: { pid: 6, startTicks: 60n }, cgroupPath: "/crisp/x" };
const container = containerRecord({ status: { phase: "running", startedAtNanos: 1n, process } });
const records = steadyOf({ containers: [container] });
const stray = "ab".repeat(32);

const cgroup: ObservedCgroup = { path: `/crisp/${stray}`, id: stray, processes: 0, isUnderOwnParent: true };

test("an empty cgroup of ours that has no container is removed", () => {
  const findings = planCgroups({ ...records, wasOurs: () => true }, [{ ...cgroup, id: container.id }, cgroup]);

  expect(findings).toMatchObject([{ severity: "warning", mend: { do: "remove-cgroup", path: cgroup.path } }]);
});

test.each([
  ["that we never knew", {}, false],
  ["under another's parent", { isUnderOwnParent: false }, true],
  ["with processes", { processes: 2 }, true],
])("a cgroup %s is only told of", (_name, changes, isOurs) => {
  const [finding] = planCgroups({ ...records, wasOurs: () => isOurs }, [{ ...cgroup, ...changes }]);

  expect(finding).toMatchObject({ where: cgroup.path });
  expect(finding?.mend).toBeUndefined();
});

test("a running container whose monitor ended is followed again when it has ended, too", () => {
  const alive = (pids: readonly number[]) => ({
    monitors: [],
    isAlive: ({ pid }: { readonly pid: number }) => pids.includes(pid),
  });

  expect(planMonitors(records, alive([6, 7]))).toEqual([]);
  expect(planMonitors(records, alive([]))).toMatchObject([{ mend: { do: "watch-container", id: container.id } }]);
  // Following it would end it.
  expect(planMonitors(records, alive([7]))[0]?.mend).toBeUndefined();
});

test("a monitor without a container is told of, and so is a container that lost its monitor", () => {
  const status = { phase: "exited", startedAtNanos: 1n, finishedAtNanos: 2n, exitCode: 137, message: "" } as const;
  const lost = containerRecord({ status: { ...status, reason: "MonitorLost" } });
  const monitors = [
    { pid: 5, id: stray },
    { pid: 6, id: lost.id },
  ];

  expect(planMonitors(steadyOf({ containers: [lost] }), { monitors, isAlive: () => true })).toMatchObject([
    { severity: "warning", where: lost.id },
    { severity: "problem", where: "process 5" },
  ]);
});

test("a log that is missing is begun anew while its container runs", () => {
  const observed = { missing: new Set([container.logPath]), full: new Map<string, string>(), states: new Map() };

  expect(planLogs(records, observed)).toMatchObject([{ where: container.logPath, mend: { do: "reopen-log" } }]);
  expect(planLogs(records, { ...observed, missing: new Set() })).toEqual([]);
  expect(planLogs(steadyOf({ containers: [containerRecord()] }), observed)).toEqual([]);
});

test("a full disk is told of once for all the logs on it, with who waits for it and who has lost lines", () => {
  const logs = ["/logs/one", "/logs/two", "/other/three"];
  const containers = logs.map((logPath) => ({ ...container, id: logPath as typeof container.id, logPath }));
  const full = new Map([...logs.slice(0, 2).map((logPath) => [logPath, "disk"] as const), ["/other/three", "else"]]);
  const states = new Map([
    ["/logs/one", { flow: "held", lostBytes: 0 } as const],
    ["/logs/two", { flow: "dropping", lostBytes: 7 } as const],
    ["/other/three", { flow: "flowing", lostBytes: 0 } as const],
  ]);
  const sentence = "the disk is full that has the logs of";

  expect(planLogs(steadyOf({ containers }), { missing: new Set(), full, states })).toMatchObject([
    {
      where: "/logs/one",
      what: `${sentence} 2 containers that run; 1 of them are held back; lines of 1 are being dropped`,
    },
    { where: "/other/three", what: `${sentence} 1 containers that run` },
  ]);
});

test.each<[string, LogState, RegExp]>([
  [
    "waits for room",
    { flow: "held", lostBytes: 0 },
    /main cannot write its log: .* it is held back until there is room$/,
  ],
  [
    "loses lines",
    { flow: "dropping", lostBytes: 7 },
    /its lines are dropped until there is room; 7 bytes of its log were/,
  ],
])("a log that %s on a disk with space is told of", (_name, state, what) => {
  const states = new Map([[container.id, state]]);

  const findings = planLogs(records, { missing: new Set(), full: new Map(), states });

  expect(findings).toMatchObject([{ where: container.logPath, what: expect.stringMatching(what) as unknown }]);
});

test("a log that has lost lines, and goes on, is nothing to mend any more", () => {
  const states = new Map([[container.id, { flow: "flowing", lostBytes: 7 } as const]]);

  expect(planLogs(records, { missing: new Set(), full: new Map(), states })).toEqual([]);
});

test("an act that runs for minutes is told of, its parts are not", () => {
  const subject = { kind: "sandbox", id: stray, name: "default/web" };
  const run: Step = { kind: "act", name: "run", subject, parent: undefined, startedAtNanos: 0n, facts: {} };
  const acts = [run, { ...run, name: "inner", parent: run }, { ...run, startedAtNanos: 350_000_000_000n }];

  const findings = planActs(steadyOf(), { acts, nowNanos: 360_000_000_000n, stuck: new Map() });

  expect(findings).toMatchObject([{ where: stray, what: "run of sandbox default/web runs for 6 minutes" }]);
});

test("a pod that cannot be stopped is told of with what its processes hang in", () => {
  const pod = sandboxRecord({ status: { phase: "stopping", problem: "stop containers: still runs" } });
  const stuck = new Map([[pod.id, ["process 7 (tar) waits in nfs_wait"]]]);

  const [finding] = planActs(steadyOf({ sandboxes: [pod] }), { acts: [], nowNanos: 0n, stuck });

  expect(finding?.what).toBe(
    "pod default/web cannot be stopped whole: stop containers: still runs; process 7 (tar) waits in nfs_wait",
  );
});
