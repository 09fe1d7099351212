import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { buildImage } from "../../support/image.ts";
import { podConfig } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { useDaemon } from "./daemon-fixture.ts";

const mebibyte: number = 1024 * 1024;
const daemon = useDaemon({ config: "[images]\nrange_mebibytes = 2\n" });

test("an image of many files and a large one comes while pods are made, and neither fails", async () => {
  const { client, registry, workspace } = daemon();
  const files = Array.from({ length: 2_000 }, (_, index) => ({
    path: `small-${index}`,
    kind: "file" as const,
    body: Buffer.from(`${index}`),
  }));
  const layers = [files, [{ path: "large", kind: "file" as const, body: randomBytes(12 * mebibyte) }]];
  const pushed = await pushImage(registry, "test/busy:1", buildImage({ layers }));

  const [pulled, ...pods] = await Promise.all([
    client.pullImage({ image: { image: pushed.reference } }),
    ...Array.from({ length: 12 }, (_, index) => client.runPodSandbox({ config: podConfig(workspace, `pod-${index}`) })),
  ]);

  expect(pulled.imageRef).toBe(pushed.id);
  expect(new Set(pods.map(({ podSandboxId }) => podSandboxId)).size).toBe(12);
  await client.removeImage({ image: { image: pushed.id } });
});
