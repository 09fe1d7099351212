import type { Command } from "commander";
import { type CancelTimeoutFlags, declareCancelTimeout } from "../cancel-timeout.ts";
import type { OpenSession } from "../command.ts";
import { readPodConfig } from "../config-file.ts";

type Flags = CancelTimeoutFlags & { readonly runtime: string };

/** `crisp runp` runs a pod and prints its id. */
export function declareRunp(command: Command, open: OpenSession): void {
  declareCancelTimeout(command);
  command
    .argument("<pod-config>", "the pod's configuration, JSON or YAML")
    .option("-r, --runtime <handler>", "runtime handler to run it with", "");
  command.action(async (path: string, flags: Flags) => {
    const { client, terminal, acting } = await open();
    const config = await readPodConfig(path);
    const request = { config, runtimeHandler: flags.runtime };
    const { podSandboxId } = await client.runPodSandbox(request, acting(flags.cancelTimeout));
    await terminal.write(`${podSandboxId}\n`);
  });
}
