import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { messageOf } from "#foundation";
import type { RunResult } from "#host";
import { DeleteResponseSchema } from "#proto/containerd/task/v3/task_pb.js";
import { decodeShimBootstrap, type ShimAddress } from "#spec";
import type { ContainerRef } from "../types.ts";
import { eventsSocket } from "./events.ts";
import { shimFailed } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { encodeRuntimeOptions } from "./runtime-options.ts";
import { shimFiles } from "./shim-files.ts";
import { shimNamespace } from "./shims.ts";

/** Where shims look for helpers of theirs. */
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const maxSaidChars = 4_096;
const startAct = "start the shim";

/**
 * Runs the shim's `start` in a bundle, which starts a shim or finds the one that its pod has already.
 *
 * @see https://github.com/containerd/containerd/blob/v2.1.4/core/runtime/v2/README.md#start
 */
export async function startShim(context: ShimContext, container: ContainerRef): Promise<ShimAddress> {
  // Go shims open it at once, and end when it is not there.
  await context.host.files.write(shimFiles(container.bundleDirectory).log, "", { mode: 0o600 });
  const result = await runShim(context, container, { args: ["start"], stdin: optionsFor(context) });
  await assertSucceeded(context, { act: startAct, container, result });
  try {
    return decodeShimBootstrap(result.stdout.toString("utf8"));
  } catch (error) {
    throw shimFailed(startAct, messageOf(error), error);
  }
}

/**
 * Runs the shim's `delete`, which cleans up after one that has died.
 *
 * @throws Fault `broken` when it cannot
 */
export async function runShimDelete(context: ShimContext, container: ContainerRef): Promise<void> {
  const act = "clean up after the shim";
  const result = await runShim(context, container, { args: ["-bundle", container.bundleDirectory, "delete"] });
  await assertSucceeded(context, { act, container, result });
  try {
    // What it says of the exit is not the truth: the code of a kill, whatever has happened.
    fromBinary(DeleteResponseSchema, result.stdout);
  } catch {
    throw shimFailed(act, "its answer is no message");
  }
}

/** Time that a shim's program, and a shim that was just started, has for its first word. */
export function startTimeoutMs({ timeouts }: ShimContext["settings"]): number {
  return Math.min(timeouts.callMs, timeouts.createMs);
}

/** What a shim must know before its first container comes, such as its own cgroup. */
function optionsFor({ settings }: ShimContext): Uint8Array | undefined {
  const options = encodeRuntimeOptions(settings);
  return options === undefined ? undefined : toBinary(AnySchema, options);
}

interface Act {
  readonly args: readonly string[];
  readonly stdin?: Uint8Array | undefined;
}

async function runShim(
  { host, settings, publisher }: ShimContext,
  { id, bundleDirectory }: ContainerRef,
  { args, stdin }: Act,
): Promise<RunResult> {
  const socket = eventsSocket(settings.root);
  const place = ["-namespace", shimNamespace, "-id", id, "-address", socket, "-publish-binary", await publisher.path()];
  return await host.processes.run(
    {
      program: settings.shimPath,
      args: [...place, ...args],
      cwd: bundleDirectory,
      env: {
        PATH: programPath,
        GOMAXPROCS: "2",
        MAX_SHIM_VERSION: "3",
        NAMESPACE: shimNamespace,
        TTRPC_ADDRESS: socket,
      },
    },
    { timeoutMs: startTimeoutMs(settings), ...(stdin === undefined ? {} : { stdin }) },
  );
}

interface Outcome {
  readonly act: string;
  readonly container: ContainerRef;
  readonly result: RunResult;
}

async function assertSucceeded({ host }: ShimContext, { act, container, result }: Outcome): Promise<void> {
  if (result.timedOut) throw shimFailed(act, `it did not end in ${Math.round(result.durationMs)} ms and was killed`);
  if (result.exitCode === 0) return;
  const said = result.stderr.toString("utf8").trim() || (await readShimLog(host, container));
  const why = said === "" ? "" : `: ${said.slice(-maxSaidChars)}`;
  throw shimFailed(act, `exit code ${result.exitCode}${why}`);
}

async function readShimLog({ files }: ShimContext["host"], { bundleDirectory }: ContainerRef): Promise<string> {
  const { log } = shimFiles(bundleDirectory);
  return (await files.stat(log)) === undefined ? "" : (await files.readText(log)).trim();
}
