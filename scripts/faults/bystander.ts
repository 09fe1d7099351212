import { readFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { CriClient } from "#client";
import { containerConfig, podConfig } from "../../test/support/pod-config.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import type { Workspace } from "../../test/support/workspace.ts";

/** A pod that runs through all faults, and logs its own heartbeat. */
export interface Bystander {
  readonly podSandboxId: string;
  /** What is not as it was, or as it should be; empty when nothing happened to it. */
  complaint(): Promise<string>;
}

export interface BystanderDeps {
  readonly workspace: Workspace;
  readonly client: CriClient;
  readonly image: string;
}

/** Between two beats it waits for a word that nobody says: a `sleep` would be a process that now is there and now is not. */
const script = "busybox mkfifo /word; exec 9<>/word; i=0; while :; do i=$((i+1)); echo $i; read -t 0.1 -u 9 word; done";

/** Starts the pod that nothing may happen to. */
export async function startBystander({ workspace, client, image }: BystanderDeps): Promise<Bystander> {
  const config = podConfig(workspace, "bystander");
  const { podSandboxId } = await client.runPodSandbox({ config });
  const container = containerConfig("main", image, ["sh", "-c", script]);
  const { containerId } = await client.createContainer({ podSandboxId, config: container, sandboxConfig: config });
  await client.startContainer({ containerId });
  const look = async () => ({
    pod: (await client.podSandboxStatus({ podSandboxId })).status,
    container: (await client.containerStatus({ containerId })).status,
  });
  const logFile = path.join(config.logDirectory ?? "", "main/0.log");
  await waitFor("the first heartbeat", async () => (await readBeats(logFile)).length > 0);
  const before = await look();
  return {
    podSandboxId,
    complaint: async () => {
      if (!isDeepStrictEqual(await look(), before)) return "the status of the running pod has changed";
      const { exitCode } = await client.execSync({ containerId, cmd: ["true"], timeout: 10n });
      if (exitCode !== 0) return `a command in the running pod answered ${exitCode}`;
      return await complaintOfLog(logFile);
    },
  };
}

/** Each beat once, in order, and one more to come. */
async function complaintOfLog(logFile: string): Promise<string> {
  const atFirst = (await readBeats(logFile)).length;
  const beats = await waitFor("the next heartbeat", async () => {
    const now = await readBeats(logFile);
    return now.length > atFirst ? now : undefined;
  });
  const wrong = beats.findIndex((beat, index) => beat !== String(index + 1));
  return wrong === -1 ? "" : `line ${wrong + 1} of the running pod's log is ${JSON.stringify(beats[wrong])}`;
}

async function readBeats(logFile: string): Promise<readonly string[]> {
  const lines = (await readFile(logFile, "utf8")).split("\n").slice(0, -1);
  return lines.map((line) => line.split(" ").slice(3).join(" "));
}
