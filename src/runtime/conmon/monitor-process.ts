import { orAborted, together, type UndoStack } from "#foundation";
import type { Child, Command, Host } from "#host";
import { describeRuntimeError } from "#spec";
import { monitorFailed } from "../faults.ts";
import type { OpenedLog } from "../log-writer/opened-log.ts";
import { collectText, readMonitorReport } from "./monitor-report.ts";
import { faultOfRuntime } from "./runtime-fault.ts";

const maxErrorBytes = 8_192;
/** Where conmon and the runtimes look for helpers of theirs. */
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Starts a conmon with the pipes that it reports on: 2 for its own errors, 3 for what came of the start; and with those of its log. */
export function spawnMonitor(
  host: Pick<Host, "processes">,
  command: Command,
  log: OpenedLog | undefined,
): Promise<Child> {
  return host.processes.spawn(
    { ...command, env: { PATH: programPath, _OCI_SYNCPIPE: "3", ...command.env } },
    { descriptors: { 2: "pipe-from-child", 3: "pipe-from-child", ...log?.monitorDescriptors }, leads: "session" },
  );
}

/** A monitor, and the process that it says it has made. */
export interface MonitoredStart {
  readonly monitor: Child;
  readonly pid: number;
}

interface LoggedStart {
  readonly spawn: () => Promise<Child>;
  /** What is waited for: the pid that the monitor says. */
  readonly report: (monitor: Child, signal: AbortSignal) => Promise<number>;
  readonly log: OpenedLog | undefined;
  readonly undo: UndoStack;
}

/** Starts a monitor, and the writer of its log while the monitor does its work. */
export async function startLogged(
  { spawn, report, log, undo }: LoggedStart,
  writers: Parameters<OpenedLog["start"]>[0],
  limit?: AbortSignal,
): Promise<MonitoredStart> {
  try {
    const monitor = await spawn();
    const [pid] = await together(
      [(signal) => report(monitor, signal), () => log?.start(writers, undo) ?? Promise.resolve()],
      limit,
    );
    return { monitor, pid };
  } finally {
    await log?.close();
  }
}

/** The pid of the first process. conmon says it, or why there is none, and then nothing more. */
export async function awaitReport(act: string, monitor: Child, signal: AbortSignal): Promise<number> {
  const { 2: errors, 3: pipe } = monitor.readers;
  if (errors === undefined || pipe === undefined) throw monitorFailed(act, "its pipes are missing");
  const said = collectText(errors, maxErrorBytes);
  try {
    const report = await orAborted(readMonitorReport(pipe), signal);
    if (report === undefined) throw monitorFailed(act, (await orAborted(said, signal)).trim());
    if (report.data <= 0) throw faultOfRuntime(act, describeRuntimeError(report.message));
    return report.data;
  } finally {
    errors.destroy();
    pipe.destroy();
  }
}
