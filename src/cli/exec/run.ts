import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { misused, notBuilt } from "../faults.ts";
import { parseCount } from "../number-flag.ts";
import { resolveContainerId } from "../resolve-id.ts";

/** Time that the server has beyond the command's own to kill it and to answer. */
const afterTimeoutMs = 30_000;

interface Flags {
  readonly sync?: boolean;
  readonly timeout: number;
}

/** `crisp exec --sync` runs a command in a container and gives its output and exit code. */
export function declareExec(command: Command, open: OpenSession): void {
  command
    .argument("<container>", "id of the container, or its unique beginning")
    .argument("<command...>", "the program and its arguments")
    .option("-s, --sync", "wait for the end, then print all output")
    .option("--timeout <seconds>", "kill the command after this time; 0: never", parseCount, 0)
    .option("-i, --interactive", "keep standard input open")
    .option("-t, --tty", "give the command a terminal")
    .passThroughOptions();
  command.action(async (id: string, cmd: string[], flags: Flags) => {
    if (flags.sync !== true) throw notBuilt("streaming exec is not built yet", "use crisp exec --sync");
    if (flags.timeout < 0) throw misused("a timeout cannot be negative");
    const session = await open();
    const containerId = await resolveContainerId(session, id);
    const options = session.acting(flags.timeout === 0 ? 0 : flags.timeout * 1_000 + afterTimeoutMs);
    const request = { containerId, cmd, timeout: BigInt(flags.timeout) };
    const { stdout, stderr, exitCode } = await session.client.execSync(request, options);
    await session.terminal.write(stdout);
    await session.terminal.writeError(stderr);
    session.exitWith(exitCode);
  });
}
