import { dirname, join } from "node:path";
import { allOrNothing, deadline, Fault, together, type UndoStack } from "#foundation";
import type { Child } from "#host";
import { encodeProcessIdentity } from "#spec";
import { monitorFailed } from "../faults.ts";
import type { OpenedLog } from "../log-writer/opened-log.ts";
import { locateCgroup } from "../spec/cgroup-path.ts";
import { serializeSpec } from "../spec/serialize-spec.ts";
import type { CallOptions, ContainerHandle, CreateRequest } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import { expectMoves } from "./expect-moves.ts";
import { assertMonitored, prepareLog } from "./log-file.ts";
import { monitorArguments } from "./monitor-arguments.ts";
import { awaitReport, type MonitoredStart, spawnMonitor, startLogged } from "./monitor-process.ts";
import type { ConmonContext } from "./options.ts";
import { runRuntime } from "./runtime-command.ts";

const sigkill = 9;

/** Creates a container under a monitor of its own, or takes everything back. */
export async function createContainer(
  context: ConmonContext,
  request: CreateRequest,
  options: CallOptions,
): Promise<ContainerHandle> {
  assertMonitored(request);
  const limit = deadline(context.settings.timeouts.createMs, options.signal);
  const act = `create ${request.id}`;
  try {
    return await allOrNothing(
      async (undo) => {
        await together([() => prepareLog(context.host, request, undo), () => writeBundle(context, request)]);
        const log = await context.logs.open(request);
        return await describe(context, request, await startMonitored(context, { act, request, log, limit, undo }));
      },
      (leftovers) => context.logger.warn("half-made container was not taken back", { id: request.id, leftovers }),
    );
  } catch (error) {
    throw error instanceof Fault ? error : Fault.within(act, error);
  } finally {
    if (request.spec.process.terminal) await context.host.files.remove(temporaryDirectory(context, request));
  }
}

interface Creation {
  readonly act: string;
  readonly request: CreateRequest;
  readonly log: OpenedLog | undefined;
  readonly limit: AbortSignal;
  readonly undo: UndoStack;
}

async function startMonitored(
  context: ConmonContext,
  { act, request, log, limit, undo }: Creation,
): Promise<MonitoredStart> {
  const spawn = (): Promise<Child> => startMonitor(context, request, { log, undo });
  const report = (monitor: Child, signal: AbortSignal): Promise<number> => awaitReport(act, monitor, signal);
  return await startLogged({ spawn, report, log, undo }, context.logs, limit);
}

async function writeBundle({ host }: ConmonContext, { bundleDirectory, spec }: CreateRequest): Promise<void> {
  await host.files.makeDirectory(bundleDirectory, { mode: 0o700 });
  // Holds the environment, and with it secrets.
  await host.files.write(bundleFiles(bundleDirectory).config, serializeSpec(spec), { mode: 0o600 });
}

/**
 * Where conmon puts the socket for a terminal, which it leaves there when the runtime fails.
 *
 * Short, and not in the bundle: a socket's path has 107 characters at most.
 */
function temporaryDirectory({ settings }: ConmonContext, { id }: CreateRequest): string {
  return join(dirname(settings.runtimeRoot), `tty-${id.slice(0, 12)}`);
}

async function startMonitor(
  context: ConmonContext,
  request: CreateRequest,
  { log, undo }: Pick<Creation, "log" | "undo">,
): Promise<Child> {
  const { host, settings } = context;
  const env: Record<string, string> = {};
  if (request.spec.process.terminal) {
    const directory = temporaryDirectory(context, request);
    await host.files.makeDirectory(directory, { mode: 0o700 });
    env["TMPDIR"] = directory;
  }
  const args = monitorArguments(context, request, await context.program.path());
  expectMoves(context);
  const command = { program: settings.conmonPath, args, cwd: request.bundleDirectory, env };
  const monitor = await spawnMonitor(host, command, log);
  undo.push({ name: "kill half-made container", run: () => takeBack(context, request, monitor) });
  return monitor;
}

async function describe(
  { host }: ConmonContext,
  { id, bundleDirectory }: CreateRequest,
  { monitor, pid: initPid }: MonitoredStart,
): Promise<ContainerHandle> {
  const init = host.processes.identify(initPid);
  const monitorIdentity = host.processes.identify(monitor.pid);
  if (init === undefined || monitorIdentity === undefined) {
    throw monitorFailed(`create ${id}`, `process ${init === undefined ? initPid : monitor.pid} ended at once`);
  }
  const [cgroupPath] = await Promise.all([
    host.cgroups.of(initPid),
    host.files.write(bundleFiles(bundleDirectory).monitorIdentity, encodeProcessIdentity(monitorIdentity), {
      mode: 0o600,
    }),
  ]);
  return { id, bundleDirectory, init, monitor: monitorIdentity, cgroupPath };
}

/** Ends the monitor together with the runtime that it waits for, and removes what the runtime had made by then. */
async function takeBack(context: ConmonContext, { id, spec }: CreateRequest, monitor: Child): Promise<void> {
  monitor.kill(sigkill, "group");
  await monitor.exited;
  const cgroup = locateCgroup(spec.linux.cgroupsPath);
  if (cgroup !== undefined) await context.host.cgroups.kill(cgroup);
  await runRuntime(context, ["delete", "--force", id]);
  // systemd takes a scope away by itself when its last process has ended.
  if (cgroup !== undefined && context.settings.cgroupDriver !== "systemd") await context.host.cgroups.remove(cgroup);
}
