import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
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
