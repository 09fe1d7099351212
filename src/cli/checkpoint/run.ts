import { resolve } from "node:path";
import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { misused } from "../faults.ts";
import { parseCount } from "../number-flag.ts";
import { resolveContainerId } from "../resolve-id.ts";

/** Time that the server has beyond the timeout to say how it went. */
const afterTimeoutMs = 10_000;
/** Time that the server takes without a timeout: kubelet's own limit. */
const serverTimeoutMs = 120_000;

interface Flags {
  readonly export?: string;
  readonly timeout: number;
}

/** `crisp checkpoint` writes what a running container is at into an archive on the node. */
export function declareCheckpoint(command: Command, open: OpenSession): void {
  command
    .argument("<id>", "id of a container that runs, or its unique beginning")
    .option("-e, --export <file>", "the archive to write; it is crispd that writes it")
    .option("-t, --timeout <seconds>", "give it up after this time (default: the server's)", parseCount, 0);
  command.action(async (id: string, flags: Flags) => {
    const session = await open();
    if (flags.export === undefined) throw misused("--export: name the archive");
    if (flags.timeout < 0) throw misused("a timeout cannot be negative");
    const containerId = await resolveContainerId(session, id);
    const location = resolve(flags.export);
    const timeoutMs = (flags.timeout === 0 ? serverTimeoutMs : flags.timeout * 1_000) + afterTimeoutMs;
    const request = { containerId, location, timeout: BigInt(flags.timeout) };
    await session.client.checkpointContainer(request, session.acting(timeoutMs));
    await session.terminal.write(`${id}\n`);
  });
}
