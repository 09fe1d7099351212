import type { Command } from "commander";
import { openRemoteProcess, type StreamTransport } from "#client";
import type { OpenSession } from "../command.ts";
import { joinProcess } from "../interactive/join-process.ts";
import { transportFlag } from "../interactive/transport-flag.ts";
import { resolveContainerId } from "../resolve-id.ts";

interface Flags {
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly transport: StreamTransport;
}

/** `crisp attach` joins the streams of a container's first process. */
export function declareAttach(command: Command, open: OpenSession): void {
  command
    .argument("<container>", "id of the container, or its unique beginning")
    .option("-i, --stdin", "pass on standard input")
    .option("-t, --tty", "use the container's terminal; Ctrl-P Ctrl-Q leaves it")
    .addOption(transportFlag());
  command.action(async (id: string, { stdin = false, tty = false, transport }: Flags) => {
    const session = await open();
    const { signal } = session;
    const wanted = { tty, stdin, stdout: true, stderr: !tty };
    const containerId = await resolveContainerId(session, id);
    const { url } = await session.client.attach({ containerId, ...wanted }, session.acting());
    const remote = await openRemoteProcess({ url, transport, ...wanted, signal });
    const end = await joinProcess(remote, session.console, { tty, signal });
    if (end.kind === "exited") session.exitWith(end.exitCode);
  });
}
