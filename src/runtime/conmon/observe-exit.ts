import { orAborted } from "#foundation";
import { isAlive } from "../process-life.ts";
import type { CallOptions, ContainerExit, ContainerHandle } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import type { ConmonContext } from "./options.ts";

/**
 * Waits for the monitor to end, which writes all that the container wrote into the log's pipe, then the exit file, and
 * ends; then for the log's writer, whose end follows from that. Meanwhile a writer that is killed is replaced.
 *
 * An exit file of a container whose monitor is gone already is read at once, so that a restarted daemon needs nothing
 * but the handle.
 */
export async function observeExit(
  context: ConmonContext,
  container: ContainerHandle,
  options: CallOptions,
): Promise<ContainerExit> {
  const { host, logs } = context;
  const log = logs.keep(container, options.signal);
  const watch = host.processes.watch(container.monitor);
  if (watch !== undefined) {
    try {
      await orAborted(watch.ended, options.signal);
    } finally {
      watch.close();
    }
  }
  const lostLogBytes = await orAborted(log.whole(), options.signal);
  return { ...(await readExit(context, container)), ...(lostLogBytes === 0 ? {} : { lostLogBytes }) };
}

async function readExit({ host }: ConmonContext, container: ContainerHandle): Promise<ContainerExit> {
  const { exit, oom } = bundleFiles(container.bundleDirectory);
  const [found, oomMark] = await Promise.all([host.files.stat(exit), host.files.stat(oom)]);
  const exitCode = found === undefined ? undefined : parseExitCode(await host.files.readText(exit));
  if (found === undefined || exitCode === undefined)
    return { kind: "monitor-lost", isRunning: isAlive(host, container.init) };
  return { kind: "exited", exitCode, finishedAtNanos: found.modifiedAtNanos, wasOomKilled: oomMark !== undefined };
}

/** -1 is conmon's word for "I do not know". */
function parseExitCode(text: string): number | undefined {
  const code = /^\d{1,3}$/.test(text.trim()) ? Number(text) : undefined;
  return code !== undefined && code <= 255 ? code : undefined;
}
