import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { readPodConfig } from "../config-file.ts";
import { collect, parsePairs } from "../labels.ts";
import { declarePullFlags, type PullFlags } from "../registry-auth.ts";
import { pullWatched } from "./pull-watched.ts";
import { createWatcher, EventWatcher } from "./watcher.ts";

type Flags = PullFlags & {
  readonly podConfig?: string;
  readonly annotation?: readonly string[];
  readonly json?: boolean;
};

/** `crisp pull` pulls an image. */
export function declarePull(command: Command, open: OpenSession): void {
  declarePullFlags(command);
  command
    .argument("<image>", "name of the image: NAME[:TAG|@DIGEST]")
    .option("-a, --annotation <key=value>", "annotation of the request; may be given more than once", collect)
    .option("--pod-config <file>", "the pod that the image is for, JSON or YAML")
    .option("--json", "print how far each layer is as lines of JSON");
  command.action(async (image: string, flags: Flags) => {
    const session = await open();
    const annotations = parsePairs("annotation", flags.annotation);
    const sandboxConfig = flags.podConfig === undefined ? undefined : await readPodConfig(flags.podConfig);
    const request = { image: { image, annotations }, sandboxConfig };
    const watcher = flags.json === true ? new EventWatcher(session) : createWatcher(session);
    const imageRef = await pullWatched(session, request, flags, watcher);
    if (flags.json !== true) await session.terminal.write(`Image is up to date for ${imageRef}\n`);
  });
}
