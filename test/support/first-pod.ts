import type { CriClient } from "#client";
import { removeAllPods } from "./cri-server.ts";
import { containerConfig, podConfig } from "./pod-config.ts";
import type { Workspace } from "./workspace.ts";

/** The first pod of a daemon, or of a handler, makes the directories that all later ones share. */
export async function runFirstPod(
  workspace: Workspace,
  client: CriClient,
  image: string,
  runtimeHandler = "",
): Promise<void> {
  const config = podConfig(workspace, "first");
  const { podSandboxId } = await client.runPodSandbox({ config, runtimeHandler });
  const container = containerConfig("main", image, ["true"]);
  const { containerId } = await client.createContainer({ podSandboxId, config: container, sandboxConfig: config });
  await client.startContainer({ containerId });
  await removeAllPods(client);
}
