import { dirname } from "node:path";
import { Fault, type UndoStack } from "#foundation";
import type { Host } from "#host";
import { invalidField } from "../faults.ts";
import type { CreateRequest } from "../types.ts";

/** conmon takes the log path apart at colons, and a name that begins with a dash for an option. */
export function assertMonitored({ id, logPath }: Pick<CreateRequest, "id" | "logPath">): void {
  if (!/^[A-Za-z0-9][\w.+-]{0,254}$/.test(id))
    throw invalidField("id", `${JSON.stringify(id)} cannot name a container`);
  if (logPath !== undefined && !logPath.startsWith("/"))
    throw invalidField("log_path", `${logPath} is not an absolute path`);
}

/** kubelet counts restarts by log files: one of a container that never was must not stay. */
export async function prepareLog(
  host: Pick<Host, "files">,
  { logPath }: Pick<CreateRequest, "logPath">,
  undo: UndoStack,
): Promise<void> {
  if (logPath === undefined) return;
  const [directory, log] = await Promise.all([host.files.stat(dirname(logPath)), host.files.stat(logPath)]);
  if (directory === undefined) {
    throw new Fault("not-found", `create log file ${logPath}: its directory does not exist`, {
      reason: { code: "runtime.no-log-directory", path: logPath },
    });
  }
  if (log === undefined) undo.push({ name: "remove new log file", run: () => host.files.remove(logPath) });
}
