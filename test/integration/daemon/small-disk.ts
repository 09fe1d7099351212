import { rm } from "node:fs/promises";
import path from "node:path";
import { run } from "../../support/child.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
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
