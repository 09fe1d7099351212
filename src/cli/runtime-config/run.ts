import type { Command } from "commander";
import { CgroupDriver } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { formatTable } from "../table.ts";

const leastColumnWidth = 10;

/** `crisp runtime-config`: what kubelet asks the runtime about itself. */
export function declareRuntimeConfig(command: Command, open: OpenSession): void {
  command.action(async () => {
    const { client, terminal, reading } = await open();
    const { linux } = await client.runtimeConfig({}, reading);
    if (linux === undefined) return;
    await terminal.write(formatTable([["cgroup driver:", CgroupDriver[linux.cgroupDriver]]], leastColumnWidth));
  });
}
