import type { Command } from "commander";
import type { ContainerConfig, PodSandboxConfig } from "#proto/cri/v1/runtime_pb.js";
import { type CancelTimeoutFlags, declareCancelTimeout } from "../cancel-timeout.ts";
import type { OpenSession } from "../command.ts";
import { readContainerConfig, readPodConfig } from "../config-file.ts";
import { misused } from "../faults.ts";
import { pullImage } from "../pull-image.ts";
import { declarePullFlags, type PullFlags } from "../registry-auth.ts";
import { resolvePodId } from "../resolve-id.ts";
import type { Session } from "../session.ts";

type Flags = PullFlags &
  CancelTimeoutFlags & {
    readonly withPull?: boolean;
    /** False with `--no-pull`. */
    readonly pull?: boolean;
  };

/** `crisp create` creates a container in a pod and prints its id. */
export function declareCreate(command: Command, open: OpenSession): void {
  declarePullFlags(command);
  declareCancelTimeout(command);
  command
    .argument("<pod>", "id of the pod, or its unique beginning")
    .argument("<container-config>", "the container's configuration, JSON or YAML")
    .argument("<pod-config>", "the configuration that the pod was run with")
    .option("--with-pull", "pull the image first")
    .option("--no-pull", "do not pull the image, whatever the client's configuration says");
  command.action(async (pod: string, containerPath: string, podPath: string, flags: Flags) => {
    const session = await open();
    const doesPull = wantsPull(flags, session.settings.pullsOnCreate);
    const [config, sandboxConfig] = await Promise.all([readContainerConfig(containerPath), readPodConfig(podPath)]);
    const podSandboxId = await resolvePodId(session, pod);
    if (doesPull) await pullImages(session, { config, sandboxConfig }, flags);
    const request = { podSandboxId, config, sandboxConfig };
    const { containerId } = await session.client.createContainer(request, session.acting(flags.cancelTimeout));
    await session.terminal.write(`${containerId}\n`);
  });
}

function wantsPull({ withPull = false, pull = true }: Flags, byDefault: boolean): boolean {
  if (withPull && !pull) throw misused("--with-pull and --no-pull exclude each other");
  return withPull || (pull && byDefault);
}

/** Pulls the container's image and those that it mounts. */
async function pullImages(
  session: Session,
  { config, sandboxConfig }: { readonly config: ContainerConfig; readonly sandboxConfig: PodSandboxConfig },
  flags: PullFlags,
): Promise<void> {
  const mounted = config.mounts.flatMap(({ image }) => (image === undefined || image.image === "" ? [] : [image]));
  for (const image of [...(config.image === undefined ? [] : [config.image]), ...mounted]) {
    session.terminal.say(`pulling ${image.image}`);
    await pullImage(session, { image, sandboxConfig }, flags);
  }
}
