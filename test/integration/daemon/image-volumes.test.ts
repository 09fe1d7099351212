import { expect, test } from "vitest";
import { file } from "../../support/busybox.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { buildImage } from "../../support/image.ts";
import { needing } from "../../support/needing.ts";
import { type PushedImage, pushImage } from "../../support/push.ts";
import { refusalOf } from "../../support/refusal.ts";
import type { TarEntry } from "../../support/tar.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, exited, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

const tool: TarEntry = { path: "data/tool", kind: "file", body: "#!/bin/sh\necho ran\n", mode: 0o755 };
const escape: TarEntry = { path: "escape", kind: "symlink", target: "/etc" };

async function pullData(name: string, layers: readonly (readonly TarEntry[])[]): Promise<PushedImage> {
  const { client, registry } = daemon();
  const pushed = await pushImage(registry, `test/${name}:1`, buildImage({ layers }));
  await client.pullImage({ image: { image: pushed.reference } });
  return pushed;
}

/** Removes the pods, which use it, and then an image. */
async function dropImage(reference: string): Promise<void> {
  const { client } = daemon();
  await removeAllPods(client);
  await client.removeImage({ image: { image: reference } });
}

function mountOf(
  image: string,
  imageSubPath = "",
): { containerPath: string; image: { image: string }; imageSubPath: string } {
  return { containerPath: "/volume", image: { image }, imageSubPath };
}

/** The options of a container's mounts at /volume and /part, as it sees them. */
async function optionsOf(containerId: string): Promise<readonly (readonly string[])[]> {
  const find = ["grep", "-E", " /(volume|part) ", "/proc/self/mounts"];
  const { stdout } = await execSync(daemon().client, containerId, find);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => line.split(" ")[3]?.split(",") ?? []);
}

test("an image is a read-only volume whose programs do not run, also as a part of it", async () => {
  const { client } = daemon();
  const { reference, id } = await pullData("volume", [[file("data/a", "lower\n"), tool], [file("data/a", "upper\n")]]);
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle, {
    mounts: [mountOf(reference), { ...mountOf(id, "data"), containerPath: "/part" }],
  });

  const whole = await execSync(client, containerId, ["cat", "/volume/data/a"]);
  const part = await execSync(client, containerId, ["cat", "/part/a"]);
  const write = await execSync(client, containerId, ["touch", "/volume/any"]);
  const run = await execSync(client, containerId, ["sh", "-c", "/volume/data/tool"]);
  const options = await optionsOf(containerId);

  expect([whole.stdout, part.stdout]).toEqual(["upper\n", "upper\n"]);
  expect(write.stderr).toContain("Read-only file system");
  expect(run.stderr).toContain("Permission denied");
  expect(options).toEqual(Array(2).fill(expect.arrayContaining(["ro", "noexec"])));
  await dropImage(reference);
});

test(
  "an image that is a volume brings neither devices nor other people's rights",
  needing("tell of mounts"),
  async () => {
    const { reference, id } = await pullData("bare", [[file("data/a", "a\n")]]);
    const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
      mounts: [mountOf(reference), { ...mountOf(id, "data"), containerPath: "/part" }],
    });

    const options = await optionsOf(containerId);

    await dropImage(reference);
    expect(options).toEqual(Array(2).fill(expect.arrayContaining(["nosuid", "nodev"])));
  },
);

test("a volume outlives the removal of its image, and a restart of the daemon", async () => {
  const { client, crispd } = daemon();
  const { reference, id } = await pullData("kept", [[file("a", "kept\n")]]);
  const pod = await runPod(daemon());
  const running = await startShell(daemon(), pod, idle, { mounts: [mountOf(reference)] });
  const created = await createShell(daemon(), pod, "cat /volume/a", {
    metadata: { name: "later" },
    logPath: "later/0.log",
    mounts: [mountOf(reference)],
  });

  await client.removeImage({ image: { image: id } });
  await crispd.kill();
  await crispd.start();
  await client.startContainer({ containerId: created });

  expect((await client.imageStatus({ image: { image: reference } })).image).toBeUndefined();
  expect((await execSync(client, running, ["cat", "/volume/a"])).stdout).toBe("kept\n");
  expect(await exited(client, created)).toMatchObject({ exitCode: 0 });
  await client.pullImage({ image: { image: reference } });
  await dropImage(reference);
});

test("a link in the image does not lead to the node's files", async () => {
  const { client } = daemon();
  const { reference } = await pullData("escape", [[file("etc/here", "inside\n"), escape]]);
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [mountOf(reference, "escape")],
  });

  expect((await execSync(client, containerId, ["ls", "/volume"])).stdout).toBe("here\n");
  await dropImage(reference);
});

test("what cannot be mounted is refused in the words that kubelet counts, and leaves nothing", async () => {
  const { client } = daemon();
  const { reference } = await pullData("part", [[file("a", "a\n")]]);
  const pod = await runPod(daemon());

  const noPart = await refusalOf(createShell(daemon(), pod, idle, { mounts: [mountOf(reference, "no/such")] }));
  const noImage = await refusalOf(createShell(daemon(), pod, idle, { mounts: [mountOf("no.such/image:1")] }));

  expect(noPart.kind).toBe("not-found");
  expect(noPart.message).toMatch(/ImageVolumeMountFailed: .*no\/such/);
  expect(noImage.message).toContain("ImageVolumeMountFailed: ");
  expect(noImage.message).toContain("image no.such/image:1: not on this node");
  expect((await client.listContainers({})).containers).toEqual([]);
  await dropImage(reference);
});
