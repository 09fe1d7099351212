import { join } from "node:path";
import { deadline, settlesWithin, type UndoStack } from "#foundation";
import type { Child, Host } from "#host";
import type { KeeperState } from "#spec";
import { bundleFiles } from "../conmon/bundle-files.ts";
import { prepareLog } from "../conmon/log-file.ts";
import { logArguments } from "../conmon/monitor-arguments.ts";
import { awaitReport, spawnMonitor, startLogged } from "../conmon/monitor-process.ts";
import { monitorFailed } from "../faults.ts";
import type { KeptLog } from "../log-writer/log-writers.ts";
import type { OpenedLog } from "../log-writer/opened-log.ts";
import { ensurePauseRoot } from "../pause/pause-root.ts";
import { killFound } from "../process-life.ts";
import type { ContainerRef, CreateRequest } from "../types.ts";
import type { ShimContext } from "./options.ts";
import { readKeeperState, shimFiles, writeState } from "./shim-files.ts";

const sigkill = 9;
/** Time that conmon has to write what is still in the pipes. */
const flushMs = 10_000;
const startMs = 30_000;

/** Paths at which a shim opens a container's streams; empty where there is none. */
export interface StreamPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

const noStreams: StreamPaths = { stdin: "", stdout: "", stderr: "" };

/**
 * What conmon takes for a runtime: it starts the holder with the pipes that conmon has made, and says its number.
 *
 * A shell gives a command in the background no input but what is named.
 */
const holdStreams = 'exec 3<&0 4<&-; "$HOLDER" <&3 3<&- & printf %s "$!" > "$4"';

/**
 * Starts what keeps a container's streams while crispd comes and goes: one conmon, which writes the log and lets clients
 * attach, exactly as for an OCI runtime.
 *
 * conmon makes its pipes itself. A second process, of 200 bytes and asleep, holds the other ends, so that the shim can
 * open them through /proc as it would open fifos; conmon takes it for the container, and ends with it.
 */
export async function startKeeper(context: ShimContext, request: CreateRequest, undo: UndoStack): Promise<StreamPaths> {
  if (request.logPath === undefined && !request.hasStdin) return noStreams;
  const { host } = context;
  const { keeperDirectory } = shimFiles(request.bundleDirectory);
  await prepareLog(host, request, undo);
  await host.files.makeDirectory(keeperDirectory, { mode: 0o700 });
  const log = await context.logs.open({ ...request, bundleDirectory: keeperDirectory });
  undo.push({ name: "end the keeper of the streams", run: () => stopKeeper(context, request) });
  const spawn = (): Promise<Child> => spawnKeeper(context, request, log);
  const act = `hold the streams of ${request.id}`;
  const report = (monitor: Child): Promise<number> => awaitReport(act, monitor, deadline(startMs));
  const { monitor, pid: holderPid } = await startLogged({ spawn, report, log, undo }, context.logs);
  const state = identify(host, { monitorPid: monitor.pid, holderPid, isStdinOnce: request.isStdinOnce });
  if (state === undefined) throw monitorFailed(`create ${request.id}`, "what holds its streams ended at once");
  await writeState(host, shimFiles(request.bundleDirectory).keeper, state);
  const pathOf = (fd: number): string => `/proc/${holderPid}/fd/${fd}`;
  return { stdin: request.hasStdin ? pathOf(0) : "", stdout: pathOf(1), stderr: pathOf(2) };
}

/** Ends the keeper when all that the container wrote is in its log. None is success. */
export async function stopKeeper(
  { host, logger, logs }: ShimContext,
  { id, bundleDirectory }: ContainerRef,
): Promise<void> {
  const state = await readKeeperState(host, bundleDirectory);
  if (state === undefined) return await endUnrecorded(host, shimFiles(bundleDirectory).keeperDirectory);
  const monitor = host.processes.watch(state.monitor);
  const holder = host.processes.watch(state.holder);
  try {
    holder?.kill(sigkill);
    if (monitor === undefined) return;
    if (await settlesWithin(monitor.ended, logs.waitMs + flushMs)) return;
    // Somebody else has the pipes open and goes on writing.
    logger.warn("log of a container does not come to its end", { containerId: id });
    monitor.kill(sigkill);
    await monitor.ended;
  } finally {
    monitor?.close();
    holder?.close();
  }
}

/** Ends a keeper that is not written down: its start failed, or its daemon died. Nothing was written through it: its container was never made. */
async function endUnrecorded(host: Pick<Host, "files" | "processes">, directory: string): Promise<void> {
  if ((await host.files.stat(directory)) === undefined) return;
  await killFound(host, () => host.processes.processesIn(directory));
}

/** Sees to it that the container's log has a writer until all is in it, or the signal aborts; undefined when it has no keeper. */
export async function keepLog(
  { host, logs }: ShimContext,
  { id, bundleDirectory }: ContainerRef,
  signal?: AbortSignal,
): Promise<KeptLog | undefined> {
  const keeper = await readKeeperState(host, bundleDirectory);
  if (keeper === undefined) return undefined;
  const { keeperDirectory } = shimFiles(bundleDirectory);
  return logs.keep({ id, bundleDirectory: keeperDirectory, monitor: keeper.monitor }, signal);
}

async function spawnKeeper(context: ShimContext, request: CreateRequest, log: OpenedLog | undefined): Promise<Child> {
  const { host, settings } = context;
  const { keeperDirectory } = shimFiles(request.bundleDirectory);
  const holder = await ensurePauseRoot(host, join(settings.programDirectory, "pause"));
  const args = [
    ...logArguments({ ...request, bundleDirectory: keeperDirectory }, "/bin/sh"),
    "--runtime-arg=-c",
    `--runtime-arg=${holdStreams}`,
  ];
  const command = { program: settings.conmonPath, args, cwd: keeperDirectory, env: { HOLDER: holder } };
  return await spawnMonitor(host, command, log);
}

interface KeeperProcesses {
  readonly monitorPid: number;
  readonly holderPid: number;
  readonly isStdinOnce: boolean;
}

function identify({ processes }: Pick<Host, "processes">, found: KeeperProcesses): KeeperState | undefined {
  const [monitor, holder] = [processes.identify(found.monitorPid), processes.identify(found.holderPid)];
  if (monitor === undefined || holder === undefined) return undefined;
  return { monitor, holder, isStdinOnce: found.isStdinOnce };
}

/** The files of the conmon that keeps a container's streams. */
export function keeperFiles(bundleDirectory: string): ReturnType<typeof bundleFiles> {
  return bundleFiles(shimFiles(bundleDirectory).keeperDirectory);
}
