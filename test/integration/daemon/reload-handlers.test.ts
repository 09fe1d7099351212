import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { PodChanges } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell, waitUntilIdle } from "./pod-acts.ts";

const daemon = useDaemon();

function named(name: string): PodChanges {
  return { metadata: { name, namespace: "default", uid: name } };
}

/** Gives the running daemon a configuration, and returns when it has it. */
async function reconfigure(text: string): Promise<void> {
  const { crispd } = daemon();
  const readAnew = (): number => crispd.logTail(100_000).split("configuration was read anew").length;
  const before = readAnew();
  await writeFile(crispd.configFile, text);
  process.kill(crispd.pid(), "SIGHUP");
  await waitFor("the configuration to be read anew", () => readAnew() > before);
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
  await reconfigure(await handlerToml("late"));
  expect(await handlers()).toEqual([...known, "late"]);
  const pod = await runPod(daemon(), {}, "late");
  const first = await startShell(daemon(), pod, idle, { metadata: { name: "first" } });

  await reconfigure("");
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
  await reconfigure("");
  await daemon().expectHostUnchanged();
});

test("a handler that gets another program has it for new pods, and those that are there keep theirs", async () => {
  const { client, workspace } = daemon();
  const program = path.join(await directoryIn(workspace, "bin"), "other-runtime");
  await writeFile(program, '#!/bin/sh\nexec runc "$@"\n', { mode: 0o755 });
  const handler = await handlerToml("vm");
  await reconfigure(handler);
  const old = await runPod(daemon(), {}, "vm");
  const inOld = await startShell(daemon(), old, idle);

  await reconfigure(handler.replace('path = "runc"', `path = "${program}"\ndefault_rlimits = { nofile = "300:400" }`));
  const young = await runPod(daemon(), named("young"), "vm");
  const inYoung = await startShell(daemon(), young, idle);

  // The hard one: runc 1.1, as Go's programs do, may raise the soft one of a command to it.
  const limit = ["sh", "-c", "ulimit -Hn"];
  expect((await execSync(client, inYoung, limit)).stdout).toBe("400\n");
  expect((await execSync(client, inOld, limit)).stdout).not.toBe("400\n");
  await reconfigure("");
});

test("a default handler is changed for the pods that come", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await reconfigure(`default_runtime = "next"\n${await handlerToml("next")}default_rlimits = { nofile = "300:400" }\n`);
  const next = await startShell(daemon(), await runPod(daemon(), named("next")), idle);

  // The hard one: runc 1.1, as Go's programs do, may raise the soft one of a command to it.
  const limit = ["sh", "-c", "ulimit -Hn"];
  expect((await execSync(client, next, limit)).stdout).toBe("400\n");
  expect((await execSync(client, containerId, limit)).stdout).not.toBe("400\n");
  await reconfigure("");
});

test("an option that a runtime does not have is refused by name, and the handlers stay as they were", async () => {
  const { crispd } = daemon();
  const known = await handlers();

  await writeFile(crispd.configFile, '[runtimes.odd]\npath = "crun"\noptions = { platform = "kvm" }\n');
  process.kill(crispd.pid(), "SIGHUP");
  const problem = "runtimes.odd.options.platform: not one of no_pivot_root";
  await waitFor("the refusal to be told", () => crispd.logTail(1_000).includes(problem));

  expect(await handlers()).toEqual(known);
  await reconfigure("");
});
