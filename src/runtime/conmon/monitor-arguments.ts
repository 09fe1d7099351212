import { monitorLogPath } from "../log-writer/opened-log.ts";
import type { CreateRequest } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import type { ConmonContext } from "./options.ts";
import { globalArguments } from "./runtime-command.ts";

/**
 * conmon's arguments for a container.
 *
 * `--sync` keeps it our child, so that its pid is known without a file. The exit code goes to the bundle, which is also
 * its working directory, where it puts the mark of an out-of-memory kill. `--no-sync-log` spares an fsync of the log at
 * each exit: what it would protect against is a power cut, and no other runtime protects container logs from that.
 *
 * @see https://github.com/containers/conmon/blob/v2.1.6/docs/conmon.8.md
 */
export function monitorArguments(
  context: Pick<ConmonContext, "settings">,
  request: CreateRequest,
  program: string,
): readonly string[] {
  return [
    ...logArguments(request, program),
    ...globalArguments(context).map((argument) => `--runtime-arg=${argument}`),
    ...context.settings.optionArguments.monitor,
    ...(context.settings.cgroupDriver === "systemd" ? ["--systemd-cgroup"] : []),
    ...(request.spec.process.terminal ? ["--terminal"] : []),
  ];
}

/** The part of the arguments that says where things are, and what becomes of the streams: the log goes through a writer. */
export function logArguments(request: Omit<CreateRequest, "spec">, program: string): readonly string[] {
  const { id, bundleDirectory, logPath, hasStdin, isStdinOnce } = request;
  return [
    "--api-version",
    "--sync",
    `--cid=${id}`,
    `--cuuid=${id}`,
    `--name=${id}`,
    `--bundle=${bundleDirectory}`,
    `--persist-dir=${bundleDirectory}`,
    "--full-attach",
    `--container-pidfile=${bundleFiles(bundleDirectory).initPid}`,
    `--log-path=${logPath === undefined ? "none" : `k8s-file:${monitorLogPath}`}`,
    "--no-sync-log",
    `--runtime=${program}`,
    ...(hasStdin ? ["--stdin"] : []),
    ...(hasStdin && !isStdinOnce ? ["--leave-stdin-open"] : []),
  ];
}
