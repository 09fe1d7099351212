import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

test("a host directory is seen and written through its mount", async () => {
  const { client, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "shared");
  await writeFile(path.join(hostPath, "from-host"), "host\n");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/shared", hostPath }],
  });

  const { stdout } = await execSync(client, containerId, [
    "sh",
    "-c",
    "cat /shared/from-host; echo pod > /shared/from-pod",
  ]);

  expect(stdout).toBe("host\n");
  expect(await readFile(path.join(hostPath, "from-pod"), "utf8")).toBe("pod\n");
});

test("a read-only mount cannot be written", async () => {
  const { client, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "shared");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/shared", hostPath, readonly: true }],
  });

  const { stderr, exitCode } = await execSync(client, containerId, ["touch", "/shared/any"]);

  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("Read-only file system");
});

test("a single file is mounted over one of the image", async () => {
  const { client, workspace } = daemon();
  const hostPath = path.join(await directoryIn(workspace, "shared"), "passwd");
  await writeFile(hostPath, "me:x:0:0::/:/bin/sh\n");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/etc/passwd", hostPath }],
  });

  expect((await execSync(client, containerId, ["id", "-un"])).stdout).toBe("me\n");
});

test("mounts inside mounts are made in the order of their paths, whatever the order they come in", async () => {
  const { client, workspace } = daemon();
  const outer = await directoryIn(workspace, "outer");
  const inner = await directoryIn(workspace, "inner");
  await writeFile(path.join(inner, "file"), "inner\n");
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [
      { containerPath: "/data/inner", hostPath: inner },
      { containerPath: "/data", hostPath: outer },
    ],
  });

  expect((await execSync(client, containerId, ["cat", "/data/inner/file"])).stdout).toBe("inner\n");
});

test("a host path that does not exist becomes a directory", async () => {
  const { workspace } = daemon();
  const hostPath = path.join(workspace.dir, "made/by/crisp");

  await startShell(daemon(), await runPod(daemon()), idle, { mounts: [{ containerPath: "/made", hostPath }] });

  expect((await stat(hostPath)).isDirectory()).toBe(true);
});

test("every container has /dev/shm, shared with the other containers of its pod", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const one = await startShell(daemon(), pod, idle);
  const two = await startShell(daemon(), pod, idle, { metadata: { name: "second" }, logPath: "second/0.log" });

  await execSync(client, one, ["sh", "-c", "echo said > /dev/shm/word"]);

  expect((await execSync(client, two, ["cat", "/dev/shm/word"])).stdout).toBe("said\n");
});
