import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { createAdminClient } from "#client";
import { buildImage } from "../../support/image.ts";
import { layoutFiles } from "../../support/image-archive.ts";
import { podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { encodeTar } from "../../support/tar.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, runPod } from "./pod-acts.ts";

const policies = mkdtempSync(path.join(tmpdir(), "crisp-policies-"));
const daemon = useDaemon({ config: `[images]\nsignature_policy_dir = "${policies}"\n` });

afterEach(() => rm(path.join(policies, "default.json"), { force: true }));
afterAll(() => rm(policies, { recursive: true }));

function reject(): Promise<void> {
  return writeFile(path.join(policies, "default.json"), JSON.stringify({ default: [{ type: "reject" }] }));
}

test("a pull for a namespace is under the namespace's policy, and says so in the word that kubelet knows", async () => {
  const { client, busybox, workspace } = daemon();
  const image = { image: busybox.reference };
  await reject();

  const refusal = await refusalOf(client.pullImage({ image, sandboxConfig: podConfig(workspace, "pod") }));

  expect(refusal.kind).toBe("denied");
  expect(refusal.message).toMatch(/SignatureValidationFailed: pull .*default\.json: default\[0\] \(reject\)/);
  await client.pullImage({ image });
});

test("a container is refused once the policy of its namespace does not let its image in any more", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());
  await createShell(daemon(), pod, "true", { metadata: { name: "before" } });
  await reject();
  const changes = { metadata: { name: "after" }, image: { image: busybox.id, userSpecifiedImage: busybox.reference } };

  const refusal = await refusalOf(createShell(daemon(), pod, "true", changes));

  expect(refusal.kind).toBe("denied");
  expect(refusal.message).toMatch(/SignatureValidationFailed: use image .*\(reject\)/);
  expect((await client.listContainers({})).containers.map(({ metadata }) => metadata?.name)).toEqual(["before"]);
});

test("an image out of an archive is refused where a signature is wanted, and used where anything is accepted", async () => {
  const { client, crispd, workspace } = daemon();
  const [signed, free] = ["registry.example/signed/app:v1", "registry.example/free/app:v1"];
  const image = buildImage({ env: ["PATH=/bin", "FROM=archive"] });
  const archive = path.join(workspace.dir, "images.tar");
  await writeFile(archive, encodeTar(layoutFiles([signed, free].map((name) => ({ name, image })))));
  const wanted = { type: "signedBy", keyType: "GPGKeys", keyData: "bm9uZQ==" };
  const policy = {
    default: [{ type: "insecureAcceptAnything" }],
    transports: { docker: { "registry.example/signed": [wanted] } },
  };
  await writeFile(path.join(policies, "default.json"), JSON.stringify(policy));
  const admin = createAdminClient({ endpoint: `unix://${crispd.socketPath}`, timeoutMs: 30_000 });
  await admin.importImages({ path: archive }).finally(() => admin.close());
  const pod = await runPod(daemon());
  const create = (name: string, userSpecifiedImage: string): Promise<string> =>
    createShell(daemon(), pod, "true", { metadata: { name }, image: { image: image.id, userSpecifiedImage } });

  const refusal = await refusalOf(create("signed", signed));
  await create("free", free);

  expect(refusal.kind).toBe("denied");
  expect(refusal.message).toMatch(/SignatureValidationFailed: use image .*a signature is wanted, and none was kept/);
  expect((await client.listContainers({})).containers.map(({ metadata }) => metadata?.name)).toEqual(["free"]);
  await client.removeImage({ image: { image: image.id } });
});
