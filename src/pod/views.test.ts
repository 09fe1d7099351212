import { expect, test } from "vitest";
import { containerRecord, sandboxRecord } from "./fixtures.ts";
import { createPodPaths } from "./paths.ts";
import { Views } from "./views.ts";

test("the view of a record is made once, and anew when another record takes its place", () => {
  const views = new Views(createPodPaths("/state", "/store"));
  const sandbox = sandboxRecord();
  const container = containerRecord();

  const [sandboxView, containerView] = [views.sandbox(sandbox), views.container(container)];
  const stopped = views.sandbox({ ...sandbox, status: { phase: "stopped" } });
  const created = views.container({ ...container, status: { phase: "created" } });

  expect(views.sandbox(sandbox)).toBe(sandboxView);
  expect(views.container(container)).toBe(containerView);
  expect(stopped).toMatchObject({ id: sandbox.id, isReady: false });
  expect(created).toMatchObject({ id: container.id, state: "created" });
});
