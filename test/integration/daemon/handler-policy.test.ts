import { afterAll, beforeAll, expect, test } from "vitest";
import { removeAllPods } from "../../support/cri-server.ts";
import { needing } from "../../support/needing.ts";
import { refusalOf } from "../../support/refusal.ts";
import { handlerUnderTest, testHandlers } from "../../support/test-handlers.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn, openWorkspace } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, createShell, execSync, idle, readLog, runPod, startShell } from "./pod-acts.ts";

const keepGroups = "run.oci.keep_original_groups";
const owned = new AsyncDisposableStack();
const crun = await crunProgram();
const daemon = useDaemon({
  config: `[runtimes.${handlerUnderTest().name}]
default_rlimits = { nofile = "300:400", core = 0 }
device_ownership_from_security_context = true
[runtimes.crun-open]
path = "${crun}"
allowed_annotations = ["run.oci.keep_*"]
[runtimes.crun-closed]
path = "${crun}"
allowed_annotations = ["run.oci.timens_offset"]
[runtimes.crun-keeping]
path = "${crun}"
default_annotations = { "${keepGroups}" = "1" }
`,
  // A group that no container has, unless its runtime leaves it those of crispd.
  launcher: ["setpriv", "--groups", "4711"],
});
// The first container of a handler makes a directory that all later ones share.
beforeAll(async () => {
  for (const handler of ["crun-open", "crun-closed", "crun-keeping"]) {
    await startShell(daemon(), await runPod(daemon(), {}, handler), "true");
    await removeAllPods(daemon().client);
  }
});
afterAll(() => owned.disposeAsync());

async function crunProgram(): Promise<string> {
  const known = testHandlers.find(({ name }) => name === "crun");
  const { dir } = owned.use(await openWorkspace());
  return known === undefined ? "crun" : await known.program(dir);
}

/** Groups of a container's first process. */
async function groupsInside(handler: string, annotations: Readonly<Record<string, string>>): Promise<string> {
  const pod = await runPod(daemon(), {}, handler);
  const containerId = await startShell(daemon(), pod, `id -G; ${idle}`, { annotations });
  const [line] = await waitFor("its groups", async () => {
    const lines = await readLog(pod);
    return lines.length > 0 ? lines : undefined;
  });
  expect((await containerStatus(daemon().client, containerId)).annotations).toEqual(annotations);
  return line?.text ?? "";
}

test("containers have the limits of their handler, unless it names none", async () => {
  const pod = await runPod(daemon());

  await startShell(daemon(), pod, "ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc");

  const limits = await waitFor("its limits", async () => {
    const lines = await readLog(pod);
    return lines.length === 4 ? lines : undefined;
  });
  expect(limits.map(({ text }) => text)).toEqual(["300", "400", "0", "0"]);
});

test("an annotation changes what the runtime does where the handler allows its name, or has it by default", async () => {
  const asked = { [keepGroups]: "1" };

  expect(await groupsInside("crun-open", asked)).toBe("0 4711");
  expect(await groupsInside("crun-open", {})).toBe("0");
  expect(await groupsInside("crun-closed", asked)).toBe("0");
  expect(await groupsInside("crun-keeping", {})).toBe("0 4711");
});

test("a device belongs to the user that its container runs as", needing("have devices of the node"), async () => {
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

/** The options of a mount that was given some by name, as its container sees them. */
async function seenOptions(...mountOptions: readonly string[]): Promise<readonly string[]> {
  const { client, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "options");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/data", hostPath, mountOptions: [...mountOptions] }],
  });
  const { stdout } = await execSync(client, containerId, ["grep", " /data ", "/proc/self/mounts"]);
  return stdout.split(" ")[3]?.split(",") ?? [];
}

test("a mount has the options that it is given by name", async () => {
  expect(await seenOptions("noexec")).toEqual(expect.arrayContaining(["rw", "noexec"]));
  expect((await daemon().client.status({})).features?.mountOptions).toBe(true);
});

test("a mount has neither devices nor other people's rights when it says so", needing("tell of mounts"), async () => {
  expect(await seenOptions("nosuid", "nodev")).toEqual(expect.arrayContaining(["rw", "nosuid", "nodev"]));
});

test("classes of shared hardware that cannot be had are refused by the name of their annotation", async () => {
  const annotation = "blockio.resources.beta.kubernetes.io/pod";
  const pod = await runPod(daemon(), { annotations: { [annotation]: "slow" } });

  const refusal = await refusalOf(createShell(daemon(), pod, idle));

  expect(refusal.kind).toBe("unsupported");
  expect(refusal.message).toContain(`annotations[${annotation}]: no classes are configured`);
});
