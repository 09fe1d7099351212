import type { Command } from "commander";
import { openRemoteProcess, type StreamTransport } from "#client";
import type { OpenSession } from "../command.ts";
import { misused } from "../faults.ts";
import { joinProcess } from "../interactive/join-process.ts";
import { transportFlag } from "../interactive/transport-flag.ts";
import { parseCount } from "../number-flag.ts";
import { resolveContainerId } from "../resolve-id.ts";
import type { Session } from "../session.ts";

/** Time that the server has beyond the command's own to kill it and to answer. */
const afterTimeoutMs = 30_000;

interface Flags {
  readonly sync?: boolean;
  readonly timeout: number;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly transport: StreamTransport;
}

/** `crisp exec` runs a command in a container, and ends with its exit code. */
export function declareExec(command: Command, open: OpenSession): void {
  command
    .argument("<container>", "id of the container, or its unique beginning")
    .argument("<command...>", "the program and its arguments")
    .option("-s, --sync", "wait for the end, then print all output")
    .option("--timeout <seconds>", "with --sync: kill the command after this time; 0: never", parseCount, 0)
    .option("-i, --interactive", "keep standard input open")
    .option("-t, --tty", "give the command a terminal; Ctrl-P Ctrl-Q leaves it")
    .addOption(transportFlag())
    .passThroughOptions();
  command.action(async (id: string, cmd: string[], flags: Flags) => {
    if (flags.timeout < 0) throw misused("a timeout cannot be negative");
    const isStreamed = flags.sync !== true;
    if (isStreamed && flags.timeout > 0) throw misused("--timeout is for --sync");
    const session = await open();
    const containerId = await resolveContainerId(session, id);
    await (isStreamed ? execStreamed(session, containerId, cmd, flags) : execSync(session, containerId, cmd, flags));
  });
}

async function execSync(session: Session, containerId: string, cmd: string[], { timeout }: Flags): Promise<void> {
  const options = session.acting(timeout === 0 ? 0 : timeout * 1_000 + afterTimeoutMs);
  const request = { containerId, cmd, timeout: BigInt(timeout) };
  const { stdout, stderr, exitCode } = await session.client.execSync(request, options);
  await session.terminal.write(stdout);
  await session.terminal.writeError(stderr);
  session.exitWith(exitCode);
}

async function execStreamed(session: Session, containerId: string, cmd: string[], flags: Flags): Promise<void> {
  const { tty = false, interactive = false, transport } = flags;
  const wanted = { tty, stdin: interactive, stdout: true, stderr: !tty };
  const { url } = await session.client.exec({ containerId, cmd, ...wanted }, session.acting());
  const { signal } = session;
  const remote = await openRemoteProcess({ url, transport, ...wanted, signal });
  const end = await joinProcess(remote, session.console, { tty, signal });
  if (end.kind === "exited") session.exitWith(end.exitCode);
}
