import { expect, test } from "vitest";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, containerMount, imageSpec, sandboxConfig } from "../fixtures.ts";

/** Mounts, files and processes that are there. */
function everythingOf({ host, records }: FakeNode): unknown {
  return { ...host.snapshot(), records: records() };
}

const request = { sandbox: sandboxConfig(), container: containerConfig(), handler: "" };

test("explainContainer() builds what a container would be given, with reasons, and leaves nothing", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await engine.explainContainer(request);
  const before = everythingOf(node);

  const { configJson, origins } = await engine.explainContainer(request);

  expect(JSON.parse(configJson)).toMatchObject({ process: { args: ["httpd"] } });
  expect(origins).toContainEqual({ part: "process.args", from: "request", why: "command" });
  expect(origins.find(({ part }) => part === "process.user")).toMatchObject({ from: "crisp" });
  expect(everythingOf(node)).toEqual(before);
  expect(await engine.explainContainer(request)).toEqual({ configJson, origins, clamped: [] });
});

test("explainContainer() refuses what a creation would refuse, and leaves nothing", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await engine.explainContainer(request);
  const before = everythingOf(node);
  const missing = containerConfig({ image: { ...containerConfig().image, image: "missing" } });
  const bad = containerConfig({ mounts: [containerMount({ hostPath: "/var/lib", options: ["size=1"] })] });

  await expect(engine.explainContainer({ ...request, container: missing })).rejects.toThrow("image missing");
  await expect(engine.explainContainer({ ...request, container: bad })).rejects.toThrow("mount_options");
  await expect(engine.explainContainer({ ...request, handler: "none" })).rejects.toThrow("handler none");

  expect(everythingOf(node)).toEqual(before);
});

test("explainContainer() tells the paths of volumes that are not there", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const ids = [{ hostId: 9, containerId: 0, length: 1 }];
  const mounts = [
    containerMount({ image: imageSpec("busybox"), imageSubPath: "part" }),
    containerMount({ containerPath: "/mapped", hostPath: "/srv", uidMappings: ids, gidMappings: ids }),
  ];

  const { configJson } = await engine.explainContainer({ ...request, container: containerConfig({ mounts }) });

  const bundle = `/run/crisp/containers/${"0".repeat(64)}`;
  const { mounts: made } = JSON.parse(configJson) as { mounts: { destination: string; source: string }[] };
  expect(made.filter(({ source }) => source.startsWith("/run/crisp/containers")).map(({ source }) => source)).toEqual([
    `${bundle}/volumes/0/part`,
    `${bundle}/mapped/1`,
  ]);
});

test("what explanations left mounted when the daemon died is taken away", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await engine.explainContainer(request);
  const before = everythingOf(node);
  // The first unmount never returns: the daemon is dead.
  let isAlive = true;
  node.host.intercept(({ name, subject }) => {
    const isHit = isAlive && name === "mounts.unmount" && subject.includes("explained");
    if (!isHit) return undefined;
    isAlive = false;
    return new Promise(() => undefined);
  });
  void engine.explainContainer(request);
  await expect.poll(() => isAlive).toBe(false);
  expect(node.host.mounts.entries).toHaveLength(1);

  await node.openEngine();

  expect(everythingOf(node)).toEqual(before);
});
