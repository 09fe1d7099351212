import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { busyboxLayer, file } from "../../support/busybox.ts";
import { buildImage, buildIndex, type ImageFormat, type ImageRecipe } from "../../support/image.ts";
import { containerConfig } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, readLog, runPod } from "./pod-acts.ts";

const daemon = useDaemon();

const formats: readonly ImageFormat[] = ["oci", "docker"];

test.each(formats)(
  "an image of %s format with several layers is pulled by tag, runs, and is removed",
  async (format) => {
    const { client, registry } = daemon();
    const layers = [busyboxLayer(), [file("etc/made", "lower\n")], [file("etc/made", "upper\n")]];
    const pushed = await pushImage(
      registry,
      `test/${format}:1`,
      buildImage({ ...printing("/etc/made"), format, layers }),
    );

    const { imageRef } = await client.pullImage({ image: { image: pushed.reference } });

    expect(imageRef).toBe(pushed.id);
    expect((await client.imageStatus({ image: { image: pushed.reference } })).image).toMatchObject({
      id: pushed.id,
      repoTags: [pushed.reference],
      repoDigests: [pushed.digestReference],
    });
    expect(await outputOf(pushed.reference)).toEqual(["upper"]);
    await client.removeImage({ image: { image: pushed.id } });
    expect((await client.imageStatus({ image: { image: pushed.reference } })).image).toBeUndefined();
    await daemon().expectHostUnchanged();
  },
);

test.each(formats)("an index of %s format leads to this platform's image, also by digest", async (format) => {
  const { client, registry } = daemon();
  const other: ImageRecipe = { ...printing("/etc/group"), architecture: "s390x" };
  const pushed = await pushImage(
    registry,
    `test/${format}-index:1`,
    buildIndex([other, printing("/etc/passwd")], format),
  );

  const { imageRef } = await client.pullImage({ image: { image: pushed.digestReference } });

  expect(imageRef).toBe(pushed.id);
  const { image } = await client.imageStatus({ image: { image: pushed.digestReference } });
  expect(image).toMatchObject({ id: pushed.id, repoTags: [], repoDigests: [pushed.digestReference] });
  await client.removeImage({ image: { image: pushed.id } });
  await daemon().expectHostUnchanged();
});

test("an image of another registry's name comes from the mirror that hosts.toml names", async () => {
  const { client, registry, crispd } = daemon();
  const pushed = await pushImage(registry, "team/tool:2", buildImage(printing("/etc/passwd")));
  const dir = path.join(crispd.registryConfigDir, "registry.invalid");
  await mkdir(dir, { recursive: true });
  const host = `[host."${registry.url}"]\ncapabilities = ["pull", "resolve"]\n`;
  await writeFile(path.join(dir, "hosts.toml"), `server = "https://registry.invalid"\n${host}`);

  const { imageRef } = await client.pullImage({ image: { image: "registry.invalid/team/tool:2" } });

  expect(imageRef).toBe(pushed.id);
  const { image } = await client.imageStatus({ image: { image: "registry.invalid/team/tool:2" } });
  expect(image?.repoTags).toEqual(["registry.invalid/team/tool:2"]);
  await client.removeImage({ image: { image: pushed.id } });
});

test("an image's user, environment and directory are those of its containers", async () => {
  const { client, registry } = daemon();
  const entrypoint = ["sh", "-c", "id -u; id -g; pwd; echo $COLOUR"];
  const settings = { user: "web", workingDir: "/www", env: ["PATH=/bin", "COLOUR=blue"], entrypoint };
  const pushed = await pushImage(registry, "test/settings:1", buildImage(settings));
  await client.pullImage({ image: { image: pushed.reference } });

  expect((await client.imageStatus({ image: { image: pushed.id } })).image?.username).toBe("web");
  expect(await outputOf(pushed.reference)).toEqual(["1000", "1000", "/www", "blue"]);
  await client.removeImage({ image: { image: pushed.id } });
});

test("ImageStatus of an image that is not there is an empty answer, not an error", async () => {
  expect(await daemon().client.imageStatus({ image: { image: "no.such/image:1" } })).toMatchObject({ info: {} });
});

test("an image with two names is listed once, and is gone when it is removed by its id", async () => {
  const { client, registry } = daemon();
  const image = buildImage(printing("/etc/twice"));
  const one = await pushImage(registry, "test/one:1", image);
  const two = await pushImage(registry, "test/two:1", image);
  await client.pullImage({ image: { image: one.reference } });
  await client.pullImage({ image: { image: two.reference } });

  const listed = (await client.listImages({})).images.filter(({ id }) => id === image.id);

  expect(listed).toHaveLength(1);
  expect(listed[0]?.repoTags.toSorted()).toEqual([one.reference, two.reference].toSorted());
  expect(listed[0]?.size).toBeGreaterThan(500_000n);
  await client.removeImage({ image: { image: image.id } });
  expect((await client.imageStatus({ image: { image: two.reference } })).image).toBeUndefined();
});

test("ImageFsInfo tells where images are, and how much they take", async () => {
  const { imageFilesystems } = await daemon().client.imageFsInfo({});

  expect(imageFilesystems).toHaveLength(1);
  expect(imageFilesystems[0]?.fsId?.mountpoint.startsWith(daemon().crispd.root)).toBe(true);
  expect(imageFilesystems[0]?.usedBytes?.value).toBeGreaterThan(500_000n);
});

function printing(fileInImage: string): ImageRecipe {
  return { cmd: ["cat", fileInImage] };
}

/** What the image's own command prints. */
async function outputOf(image: string): Promise<readonly string[]> {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const request = { podSandboxId: pod.id, config: containerConfig("main", image, []), sandboxConfig: pod.config };
  const { containerId } = await client.createContainer(request);
  await client.startContainer({ containerId });
  await exited(client, containerId);
  const lines = (await readLog(pod)).map(({ text }) => text);
  await client.removePodSandbox({ podSandboxId: pod.id });
  return lines;
}
