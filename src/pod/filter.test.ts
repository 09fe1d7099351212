import { expect, test } from "vitest";
import type { SandboxId } from "#foundation";
import type { ContainerView, SandboxView } from "./engine.ts";
import { containerMatcher, filtered, sandboxMatcher } from "./filter.ts";
import { containerConfig, containerRecord, sandboxConfig, sandboxRecord } from "./fixtures.ts";

const sandbox: SandboxView = {
  ...sandboxRecord({ config: sandboxConfig({ labels: { app: "web", tier: "front" } }) }),
  isReady: true,
  ips: [],
  details: {},
};
const container: ContainerView = {
  ...containerRecord({ config: containerConfig({ labels: { app: "web" } }) }),
  state: "running",
  startedAtNanos: 1n,
  finishedAtNanos: 0n,
  exitCode: 0,
  reason: "",
  message: "",
  details: {},
};

test.each([
  [{}, true],
  [{ id: sandbox.id }, true],
  [{ id: sandbox.id.slice(0, 8) }, true],
  [{ id: "ff" }, false],
  [{ state: "ready" }, true],
  [{ state: "not-ready" }, false],
  [{ labels: { app: "web" } }, true],
  [{ labels: { app: "web", tier: "back" } }, false],
] as const)("sandboxMatcher() answers %j with %s", (filter, expected) => {
  expect(sandboxMatcher(filter)(sandbox)).toBe(expected);
});

test.each([
  [{}, true],
  [{ state: "running" }, true],
  [{ state: "exited" }, false],
  [{ sandboxId: container.sandboxId }, true],
  [{ sandboxId: "ff" as SandboxId }, false],
  [{ labels: { app: "db" } }, false],
] as const)("containerMatcher() answers %j with %s", (filter, expected) => {
  expect(containerMatcher(filter)(container)).toBe(expected);
});

test("a list of which all match is the list itself", () => {
  const views = [1, 2, 3];

  expect(filtered(views, () => true)).toBe(views);
  expect(filtered(views, (view) => view > 1)).toEqual([2, 3]);
});
