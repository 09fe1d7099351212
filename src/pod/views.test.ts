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

test("the list of the same records is the same one, without what is half made", () => {
  const views = new Views(createPodPaths("/state", "/store"));
  const [made, halfMade] = [sandboxRecord(), sandboxRecord({ status: { phase: "creating" } })];
  const sandboxes = [made, halfMade];
  const containers = [containerRecord()];

  const listed = views.sandboxes(sandboxes);
  const listedContainers = views.containers(containers);

  expect(listed).toEqual([views.sandbox(made)]);
  expect(views.sandboxes(sandboxes)).toBe(listed);
  expect(views.sandboxes([halfMade])).toEqual([]);
  expect(views.containers(containers)).toBe(listedContainers);
  expect(listedContainers).toEqual([views.container(containers[0] ?? containerRecord())]);
});
