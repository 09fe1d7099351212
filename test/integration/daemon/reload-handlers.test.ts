import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { PodChanges } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, execSync, idle, reconfigure, runPod, startShell, waitUntilIdle } from "./pod-acts.ts";

const daemon = useDaemon();

function named(name: string): PodChanges {
  return { metadata: { name, namespace: "default", uid: name } };
}

async function handlers(): Promise<readonly string[]> {
  const { runtimeHandlers } = await daemon().client.status({});
  return runtimeHandlers.map(({ name }) => name).filter((name) => name !== "");
}

/** A handler whose state is in a directory of the test's own. */
async function handlerToml(name: string): Promise<string> {
  const root = await directoryIn(daemon().workspace, `${name}-state`);
  return `[runtimes.${name}]\npath = "runc"\nroot = "${root}"\n`;
}

test("a handler comes with a configuration, and is refused when it is gone; its pods run on, also with a new daemon", async () => {
  const { client, crispd } = daemon();
  const known = await handlers();
  expect((await refusalOf(runPod(daemon(), {}, "late"))).message).toContain(`known are ${known.join(", ")}`);
  await reconfigure(daemon(), await handlerToml("late"));
  expect(await handlers()).toEqual([...known, "late"]);
  const pod = await runPod(daemon(), {}, "late");
  const first = await startShell(daemon(), pod, idle, { metadata: { name: "first" } });

  await reconfigure(daemon(), "");
  expect(await handlers()).toEqual(known);
  expect((await refusalOf(runPod(daemon(), named("new"), "late"))).message).toContain("handler late: not configured");
  await crispd.kill();
  await crispd.start();

  const second = await startShell(daemon(), pod, idle, { metadata: { name: "second" } });
  expect((await execSync(client, first, ["echo", "one"])).stdout).toBe("one\n");
  expect((await execSync(client, second, ["echo", "two"])).stdout).toBe("two\n");
  await waitUntilIdle(pod, "first");
  await client.stopContainer({ containerId: first, timeout: 10n });
  await client.removePodSandbox({ podSandboxId: pod.id });
  await reconfigure(daemon(), "");
  await daemon().expectHostUnchanged();
});

test("a handler that gets another program has it for new pods, and those that are there keep theirs", async () => {
  const { client, workspace } = daemon();
  const program = path.join(await directoryIn(workspace, "bin"), "other-runtime");
  await writeFile(program, '#!/bin/sh\nexec runc "$@"\n', { mode: 0o755 });
  const handler = await handlerToml("vm");
  await reconfigure(daemon(), handler);
  const old = await runPod(daemon(), {}, "vm");
  const inOld = await startShell(daemon(), old, idle);

  await reconfigure(
    daemon(),
    handler.replace('path = "runc"', `path = "${program}"\ndefault_rlimits = { nofile = "300:400" }`),
  );
  const young = await runPod(daemon(), named("young"), "vm");
  const inYoung = await startShell(daemon(), young, idle);

  // Of the first process: runc 1.1 may raise the soft limit of a command to the hard one.
  const limit = ["grep", "open files", "/proc/1/limits"];
  expect((await execSync(client, inYoung, limit)).stdout).toMatch(/ 300 +400 /);
  expect((await execSync(client, inOld, limit)).stdout).not.toMatch(/ 300 +400 /);
  await reconfigure(daemon(), "");
});

test("a default handler is changed for the pods that come", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await reconfigure(
    daemon(),
    `default_runtime = "next"\n${await handlerToml("next")}default_rlimits = { nofile = "300:400" }\n`,
  );
  const next = await startShell(daemon(), await runPod(daemon(), named("next")), idle);

  // Of the first process: runc 1.1 may raise the soft limit of a command to the hard one.
  const limit = ["grep", "open files", "/proc/1/limits"];
  expect((await execSync(client, next, limit)).stdout).toMatch(/ 300 +400 /);
  expect((await execSync(client, containerId, limit)).stdout).not.toMatch(/ 300 +400 /);
  await reconfigure(daemon(), "");
});

test("an option that a runtime does not have is refused by name, and the handlers stay as they were", async () => {
  const known = await handlers();

  const odd = '[runtimes.odd]\npath = "crun"\noptions = { platform = "kvm" }\n';
  await reconfigure(daemon(), odd, "runtimes.odd.options.platform: not one of no_pivot_root");

  expect(await handlers()).toEqual(known);
  await reconfigure(daemon(), "");
});

test("how long a container may take to be made changes for pods that are there", async () => {
  const { client, workspace } = daemon();
  const program = path.join(await directoryIn(workspace, "bin"), "stuck-runtime");
  await writeFile(program, '#!/bin/sh\ncase " $* " in *" create "*) exec sleep 1000;; esac\nexec runc "$@"\n', {
    mode: 0o755,
  });
  const handler = (await handlerToml("stuck")).replace('path = "runc"', `path = "${program}"`);
  await reconfigure(daemon(), handler);
  const pod = await runPod(daemon(), {}, "stuck");
  const containerId = await createShell(daemon(), pod, idle);

  await reconfigure(daemon(), `${handler}create_timeout_seconds = 1\n`);

  const refusal = await refusalOf(client.startContainer({ containerId }));
  expect(refusal.kind).toBe("timed-out");
  await client.removePodSandbox({ podSandboxId: pod.id });
  await reconfigure(daemon(), "");
});

test("a privileged container has the node's devices, unless its handler keeps them from it", async () => {
  const { client } = daemon();
  const configure = async (more: string) => await reconfigure(daemon(), `${await handlerToml("devices")}${more}`);
  const devicesInside = async (name: string): Promise<readonly string[]> => {
    const pod = await runPod(daemon(), { ...named(name), isPrivileged: true }, "devices");
    const containerId = await startShell(daemon(), pod, idle, { isPrivileged: true });
    const { stdout } = await execSync(client, containerId, ["ls", "/dev"]);
    return stdout.split("\n");
  };
  await configure("");
  const all = await devicesInside("all");

  await configure("privileged_without_host_devices = true\n");

  expect(all).toContain("kmsg");
  const few = await devicesInside("few");
  expect(few).toContain("null");
  expect(few).not.toContain("kmsg");
  await reconfigure(daemon(), "");
});
