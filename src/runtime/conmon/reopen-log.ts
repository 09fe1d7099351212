import { dirname } from "node:path";
import { deadline, Fault, isFault, orAborted } from "#foundation";
import { wrongState } from "../faults.ts";
import type { CallOptions, ContainerHandle } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import type { ConmonContext } from "./options.ts";

const reopenTimeoutMs = 10_000;
/** Type 2 asks for a new log file; the numbers mean nothing to it. */
const reopenCommand = "2 0 0\n";

/** A container whose log a conmon writes, and the directory of that conmon's files. */
type LoggedContainer = Pick<ContainerHandle, "id" | "bundleDirectory" | "monitor">;

/**
 * Makes the log's writer begin a new file, or a conmon that was started without one, and waits for that file.
 *
 * conmon ends when it cannot make the file, and takes the container with it. So a missing directory is found here first,
 * and the file under the name that conmon makes it by is made here: what fails on a full disk is this call, no container.
 *
 * @see https://github.com/containers/conmon/blob/v2.1.6/src/ctr_logging.c#L586
 */
export async function reopenLog(
  context: Pick<ConmonContext, "host" | "logs">,
  container: LoggedContainer,
  { logPath, signal }: CallOptions & { readonly logPath: string },
): Promise<void> {
  const { host } = context;
  const act = "reopen log of";
  const directory = dirname(logPath);
  if ((await host.files.stat(directory))?.kind !== "directory") {
    throw new Fault("not-found", `${act} ${container.id}: ${directory} is not a directory`, {
      reason: { code: "runtime.no-log-directory", path: logPath },
    });
  }
  const monitor = host.processes.watch(container.monitor);
  if (monitor === undefined) throw wrongState(act, container.id, "it does not run");
  try {
    const limit = deadline(reopenTimeoutMs, signal);
    if (await context.logs.reopen(container, limit)) return;
    const ended = monitor.ended.then(() => {
      throw wrongState(act, container.id, "it ended meanwhile");
    });
    const replaced = replaceLog(context, container, logPath);
    await orAborted(Promise.race([replaced.done, ended]), limit).finally(() => replaced.stop());
  } catch (error) {
    throw isFault(error, "wrong-state") ? error : Fault.within(`${act} ${container.id}`, error);
  } finally {
    monitor.close();
  }
}

/** Sends the command; `done` once another file has the log's name. */
function replaceLog(
  { host }: Pick<ConmonContext, "host">,
  { bundleDirectory }: LoggedContainer,
  logPath: string,
): { readonly done: Promise<void>; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let watch: { close(): void } | undefined;
  const start = async (): Promise<void> => {
    const before = (await host.files.stat(logPath))?.inode;
    const look = (): void => {
      host.files.stat(logPath).then((now) => {
        if (now !== undefined && now.inode !== before) resolve();
      }, reject);
    };
    watch = host.files.watchDirectory(dirname(logPath), { settleMs: 0, onChange: look, onError: reject });
    await host.files.write(`${logPath}.tmp`, "", { mode: 0o600 });
    await host.files.writeFifo(bundleFiles(bundleDirectory).control, reopenCommand);
    look();
  };
  start().catch(reject);
  return { done: promise, stop: () => watch?.close() };
}
