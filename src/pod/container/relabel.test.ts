import { expect, test } from "vitest";
import type { FakeOutcome } from "#host";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, containerMount, sandboxConfig } from "../fixtures.ts";

const selinux = { user: "system_u", role: "system_r", type: "container_t", level: "s0:c1,c2" };
const { security } = containerConfig();

/** Creates a container with a mount that asks for a label; gives what chcon was asked. */
async function create(
  hostPath: string,
  { hasSelinux = true, outcome = {} as FakeOutcome, labels = true } = {},
): Promise<readonly (readonly string[])[]> {
  const node = new FakeNode();
  if (hasSelinux) {
    await node.host.files.makeDirectory("/sys/fs/selinux");
    await node.host.files.write("/sys/fs/selinux/enforce", "1");
  }
  const asked: (readonly string[])[] = [];
  node.host.processes.script(({ program, args }) => {
    if (program !== "chcon") return undefined;
    asked.push(args);
    return outcome;
  });
  const engine = await node.openEngine();
  await node.host.files.makeDirectory("/srv/data");
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const config = containerConfig({
    mounts: [containerMount({ hostPath, selinuxRelabel: true }), containerMount({ containerPath: "/b", hostPath })],
    security: { ...security, selinux: labels ? selinux : undefined },
  });
  await engine.createContainer(sandboxId, config);
  return asked;
}

test("a volume that asks for it gets the label of the container's files", async () => {
  expect(await create("/srv/data")).toEqual([["-R", "--", "system_u:object_r:container_file_t:s0:c1,c2", "/srv/data"]]);
});

test("nothing is labelled without SELinux, or for a container without a label", async () => {
  expect(await create("/srv/data", { labels: false })).toEqual([]);
  expect(await create("/srv/data", { hasSelinux: false, labels: false })).toEqual([]);
});

test("a tree of the whole node is refused, and what chcon says is told", async () => {
  await expect(create("/var/lib/")).rejects.toThrow("mounts.selinux_relabel: /var/lib is used by the whole node");
  await expect(create("/srv/data", { outcome: { exitCode: 1, stderr: "chcon: no\n" } })).rejects.toThrow(
    "relabel /srv/data: chcon: no",
  );
});
