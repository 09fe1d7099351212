import { expect, test } from "vitest";
import { containerRecord, sandboxRecord } from "../fixtures.ts";
import type { ContainerStatus, SandboxStatus } from "../records.ts";
import { eventsOfContainer, eventsOfSandbox } from "./describe-change.ts";

const identity = { pid: 1, startTicks: 1n };
const running: ContainerStatus = {
  phase: "running",
  startedAtNanos: 1n,
  process: { init: identity, monitor: identity, cgroupPath: "/c" },
};
const exited: ContainerStatus = {
  phase: "exited",
  startedAtNanos: 1n,
  finishedAtNanos: 2n,
  exitCode: 0,
  reason: "",
  message: "",
};

test.each<[string, ContainerStatus | undefined, ContainerStatus | undefined, readonly string[]]>([
  ["an intent", undefined, { phase: "creating" }, []],
  ["one that could not be made", { phase: "creating" }, undefined, []],
  ["one that was made", { phase: "creating" }, { phase: "created" }, ["created"]],
  ["one that is about to start", { phase: "created" }, { phase: "starting" }, []],
  ["one that runs", { phase: "starting" }, running, ["started"]],
  ["one that ended", running, exited, ["stopped"]],
  ["one that never ran", { phase: "starting" }, exited, ["stopped"]],
  ["one whose making left something", { phase: "creating" }, exited, ["created", "stopped"]],
  ["one that is gone", exited, undefined, ["deleted"]],
])("a container: %s", (_name, before, after, expected) => {
  const record = (status: ContainerStatus | undefined) => status && containerRecord({ status });

  expect(eventsOfContainer({ before: record(before), after: record(after) })).toEqual(expected);
});

const ready: SandboxStatus = { phase: "ready", ips: [] };

test.each<[string, SandboxStatus | undefined, SandboxStatus | undefined, readonly string[]]>([
  ["an intent", undefined, { phase: "creating" }, []],
  ["one that could not be made", { phase: "creating" }, undefined, []],
  ["one that is ready", { phase: "creating" }, ready, ["created", "started"]],
  ["one that is being stopped", ready, { phase: "stopping" }, []],
  ["one that cannot be stopped yet", { phase: "stopping" }, { phase: "stopping", problem: "busy" }, []],
  ["one that has stopped", { phase: "stopping" }, { phase: "stopped" }, ["stopped"]],
  ["one whose making left something", { phase: "creating" }, { phase: "stopping" }, ["created"]],
  ["one that is gone", { phase: "stopped" }, undefined, ["deleted"]],
])("a sandbox: %s", (_name, before, after, expected) => {
  const record = (status: SandboxStatus | undefined) => status && sandboxRecord({ status });

  expect(eventsOfSandbox({ before: record(before), after: record(after) })).toEqual(expected);
});
