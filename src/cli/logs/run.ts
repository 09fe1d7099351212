import type { Command } from "commander";
import { readContainerLog } from "#client";
import { isFault } from "#foundation";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import type { CriLogLine } from "#spec";
import type { OpenSession } from "../command.ts";
import { misused, noSuch } from "../faults.ts";
import { resolveContainerId } from "../resolve-id.ts";
import type { Session } from "../session.ts";
import { declareLogsFlags, type LogsFlags, parseSince } from "./options.ts";
import { previousLogPath, renderLogLine } from "./render.ts";

/** `crisp logs` prints the log of a container, from the file that the runtime names. */
export function declareLogs(command: Command, open: OpenSession): void {
  declareLogsFlags(command);
  command.action(async (id: string, flags: LogsFlags) => {
    const session = await open();
    const containerId = await resolveContainerId(session, id);
    if (flags.reopen === true) await session.client.reopenContainerLog({ containerId }, session.acting());
    const path = await findLogPath(session, containerId, flags);
    const lines = readContainerLog(path, {
      signal: session.signal,
      ...(flags.tail === undefined || flags.tail < 0 ? {} : { lastLines: flags.tail }),
      ...(flags.follow === true ? { isRunning: () => isRunning(session, containerId) } : {}),
    });
    await printLines(session, lines, flags);
  });
}

async function findLogPath(session: Session, containerId: string, flags: LogsFlags): Promise<string> {
  const { status } = await session.client.containerStatus({ containerId }, session.reading);
  const path = status?.logPath ?? "";
  if (path === "") throw misused(`container ${containerId} was created without a log path`);
  if (flags.previous !== true) return path;
  const previous = previousLogPath(path, status?.metadata?.attempt ?? 0);
  if (previous === undefined) throw noSuch("previous attempt of container", containerId);
  return previous;
}

/** A container that is gone has ended; any other failure is one. */
async function isRunning({ client, reading }: Session, containerId: string): Promise<boolean> {
  try {
    const { status } = await client.containerStatus({ containerId }, reading);
    return status?.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    if (isFault(error, "not-found") || isFault(error, "canceled")) return false;
    throw error;
  }
}

async function printLines(session: Session, lines: AsyncIterable<CriLogLine>, flags: LogsFlags): Promise<void> {
  const { terminal, clock } = session;
  const sinceNanos = flags.since === undefined ? undefined : parseSince(flags.since, clock.nowNanos());
  let restBytes = flags.limitBytes === undefined || flags.limitBytes < 0 ? undefined : flags.limitBytes;
  for await (const line of lines) {
    if (sinceNanos !== undefined && line.timestampNanos < sinceNanos) continue;
    if (flags.stream !== undefined && line.stream !== flags.stream) continue;
    const text = renderLogLine(line, flags).subarray(0, restBytes);
    await (line.stream === "stdout" ? terminal.write(text) : terminal.writeError(text));
    if (restBytes === undefined) continue;
    restBytes -= text.length;
    if (restBytes === 0) return;
  }
}
