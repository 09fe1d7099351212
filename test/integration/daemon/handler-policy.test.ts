import { expect, test } from "vitest";
import { needing } from "../../support/needing.ts";
import { refusalOf } from "../../support/refusal.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon({
  config: `[runtimes.${handlerUnderTest().name}]
default_rlimits = { nofile = "300:400", core = 0 }
device_ownership_from_security_context = true
`,
});

test("containers have the limits of their handler, unless it names none", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);

  const { stdout } = await execSync(client, containerId, ["grep", "-E", "open files|core file", "/proc/1/limits"]);

  expect(stdout.replace(/ +/g, " ").replace(/ $/gm, "").trim().split("\n").toSorted()).toEqual([
    "Max core file size 0 0 bytes",
    "Max open files 300 400 files",
  ]);
});

test("a device belongs to the user that its container runs as", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    user: { uid: 1000n, gid: 2000n },
    devices: [{ hostPath: "/dev/full", containerPath: "/dev/mine", permissions: "rw" }],
  });

  const { stdout } = await execSync(client, containerId, ["stat", "-c", "%u:%g", "/dev/mine"]);

  expect(stdout).toBe("1000:2000\n");
});

test("the devices that every container has are root's", needing("keep devices from the user"), async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, { user: { uid: 1000n, gid: 2000n } });

  const { stdout } = await execSync(client, containerId, ["stat", "-c", "%u:%g", "/dev/null"]);

  expect(stdout).toBe("0:0\n");
});

test("a mount has the options that it is given by name", async () => {
  const { client, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "options");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/data", hostPath, mountOptions: ["noexec", "nosuid", "nodev"] }],
  });

  const { stdout } = await execSync(client, containerId, ["grep", " /data ", "/proc/self/mounts"]);

  expect(stdout.split(" ")[3]?.split(",")).toEqual(expect.arrayContaining(["rw", "noexec", "nosuid", "nodev"]));
  expect((await client.status({})).features?.mountOptions).toBe(true);
});

test("classes of shared hardware that cannot be had are refused by the name of their annotation", async () => {
  const annotation = "blockio.resources.beta.kubernetes.io/pod";
  const pod = await runPod(daemon(), { annotations: { [annotation]: "slow" } });

  const refusal = await refusalOf(createShell(daemon(), pod, idle));

  expect(refusal.kind).toBe("unsupported");
  expect(refusal.message).toContain(`annotations[${annotation}]: no classes are configured`);
});
