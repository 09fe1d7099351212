import { abortReason, deadline, Fault, isFault } from "#foundation";
import type { ProcessIdentity } from "#host";
import type { PodContext } from "../../context.ts";
import type { ObservedMonitor, ObservedMonitors } from "../plan/monitors.ts";

/** Time in which the end of a container is written down, once its monitor has ended. */
const endBudgetMs = 5_000;

/** Finds the processes of pods that have ended, and lets what follows from that be written down. */
export async function observeProcesses(context: PodContext, signal: AbortSignal): Promise<ObservedMonitors["isAlive"]> {
  const { sandboxes, containers, host, supervisor } = context;
  const dead = new Set<string>();
  const look = (process: ProcessIdentity): void => {
    if (host.processes.identify(process.pid)?.startTicks !== process.startTicks) dead.add(keyOf(process));
  };
  for (const { status } of sandboxes.list()) {
    if (status.phase === "ready" && status.pause !== undefined) look(status.pause.init);
  }
  const running = containers
    .list()
    .flatMap(({ id, status }) => (status.phase === "running" ? [{ id, process: status.process }] : []));
  for (const { process } of running) [process.init, process.monitor].forEach(look);
  // A monitor that ended is how every container ends: its record says so a moment later.
  const ended = running.filter(({ process }) => dead.has(keyOf(process.monitor)));
  const limit = deadline(endBudgetMs, signal);
  await Promise.all(
    ended.map(({ id }) => Promise.race([supervisor.ended(id), abortReason(limit).catch(() => undefined)])),
  );
  signal.throwIfAborted();
  return (process) => !dead.has(keyOf(process));
}

function keyOf({ pid, startTicks }: ProcessIdentity): string {
  return `${pid}/${startTicks}`;
}

/** Finds all monitors and shims that were started for something in the state directory. */
export async function listMonitors({ host, options }: PodContext): Promise<readonly ObservedMonitor[]> {
  const pids = (await host.files.list("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map(async (pid) => ({ pid, line: await commandLineOf({ host }, pid) })));
  return lines.flatMap(({ pid, line }) => {
    const words = line.split("\0");
    const id = idOfMonitor(words, options.stateDirectory) ?? idOfShim(words, options.stateDirectory);
    return id === undefined ? [] : [{ pid, id }];
  });
}

/** `conmon … --bundle=STATE/containers/ID …` */
function idOfMonitor(words: readonly string[], state: string): string | undefined {
  const bundle = `--bundle=${state}/`;
  const word = words.find((each) => each.startsWith(bundle));
  return word?.slice(bundle.length).split("/")[1];
}

/** `containerd-shim-… -id ID -address STATE/runtimes/… …` */
function idOfShim(words: readonly string[], state: string): string | undefined {
  const valueOf = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
  if (!words.includes("-id") || !words.includes("-address")) return undefined;
  return valueOf("-address")?.startsWith(`${state}/`) === true ? valueOf("-id") : undefined;
}

/** Empty for one that has ended. */
async function commandLineOf({ host }: Pick<PodContext, "host">, pid: number): Promise<string> {
  try {
    return await host.files.readText(`/proc/${pid}/cmdline`);
  } catch (error) {
    if (isFault(error, "not-found") || hasEnded(error)) return "";
    throw error;
  }
}

/** The file was opened before the process ended, and read after. */
function hasEnded(error: unknown): boolean {
  return error instanceof Fault && error.reason?.["errno"] === "ESRCH";
}
