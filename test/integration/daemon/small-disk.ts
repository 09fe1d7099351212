import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { run } from "../../support/child.ts";
import { listProcesses } from "../../support/host-observe.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn, type Workspace } from "../../support/workspace.ts";
import type { DaemonFixture } from "./daemon-fixture.ts";
import { runPod, type TestPod } from "./pod-acts.ts";

/** A pod whose logs are on a disk of 800 KiB, which goes with it. */
export interface SmallDisk extends TestPod, AsyncDisposable {
  readonly directory: string;
  readonly log: string;
}

/** A pod whose logs are on a small disk of their own. */
export async function runOnSmallDisk(daemon: DaemonFixture): Promise<SmallDisk> {
  const directory = await directoryIn(daemon.workspace, "full-logs");
  await run("mount", ["-t", "tmpfs", "-o", "size=800k", "tmpfs", directory]);
  const pod = await runPod(daemon, { logDirectory: directory });
  return {
    ...pod,
    directory,
    log: path.join(directory, "main/0.log"),
    [Symbol.asyncDispose]: async () => {
      await daemon.client.removePodSandbox({ podSandboxId: pod.id });
      await run("umount", [directory]);
      await rm(directory, { recursive: true });
    },
  };
}

/** Waits until nothing more goes onto it. */
export async function fullDisk({ directory }: SmallDisk): Promise<void> {
  const isFull = async (): Promise<boolean> => (await run("stat", ["-f", "-c", "%a", directory])).trim() === "0";
  await waitFor("the disk of the logs to be full", isFull);
}

/** The process that writes a container's log, once crispd has written down that it does. */
export async function logWriterOf(workspace: Workspace, containerId: string, otherThan = 0): Promise<number> {
  return await waitFor("a log writer", async () => {
    const processes = await listProcesses(workspace);
    for (const { pid, command } of processes) {
      const [, directory] = /^\S*log-writer \S+ --log-of=(\S+)$/.exec(command) ?? [];
      if (pid === otherThan || directory?.includes(containerId) !== true) continue;
      const record = await readFile(path.join(directory, "log-writer.json"), "utf8").catch(() => "");
      if (record.includes(`"pid":${pid},`)) return pid;
    }
    return undefined;
  });
}
