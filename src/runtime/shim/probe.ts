import { basename } from "node:path";
import { Fault, isFault, messageOf } from "#foundation";
import { findShimVersion } from "#spec";
import {
  askFeatures,
  askVersion,
  canSetMountAttributes,
  hasUserNamespaces,
  knownCapabilities,
} from "../conmon/probe.ts";
import { programUnavailable } from "../faults.ts";
import type { CallOptions, RuntimeFeatures } from "../types.ts";
import type { ShimContext } from "./options.ts";
import { runtimeBeneath } from "./runtime-launcher.ts";
import { encodeRuntimeOptions, isRuncShim } from "./runtime-options.ts";

const probeTimeoutMs = 10_000;
/** What a shim that tells no version is said to have. */
const unknownVersion = "0.0";

/** Runs the shim and the monitor once, and asks what they are; of runc's shim, also the runtime beneath. */
export async function probe(context: ShimContext, options: CallOptions): Promise<RuntimeFeatures> {
  const { conmonPath, shimPath } = context.settings;
  encodeRuntimeOptions(context.settings);
  const beneath = runtimeBeneath(context.settings);
  const [version, monitor, features] = await Promise.all([
    askShimVersion(context, options),
    askVersion(context.host, conmonPath, options),
    isRuncShim(shimPath) ? askFeatures(context.host, beneath, options) : undefined,
  ]);
  return {
    name: basename(shimPath),
    version,
    monitorVersion: monitor.version,
    ...knownCapabilities({ name: basename(shimPath) }, features),
    hasRecursiveReadonlyMounts: features?.mountOptions.has("rro") === true && canSetMountAttributes(context.host),
    hasIdmappedMounts: features?.hasIdmappedMounts ?? false,
    hasUserNamespaces: isRuncShim(shimPath) && hasUserNamespaces({ name: basename(beneath) }, features),
    hasSeccomp: features?.hasSeccomp ?? true,
    hasApparmor: features?.hasApparmor ?? false,
    hasSelinux: features?.hasSelinux ?? false,
  };
}

async function askShimVersion({ host, settings }: ShimContext, { signal }: CallOptions): Promise<string> {
  const program = settings.shimPath;
  try {
    const result = await host.processes.run(
      { program, args: ["-v"] },
      { timeoutMs: probeTimeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
    if (result.timedOut) throw new Fault("timed-out", `no answer in ${probeTimeoutMs} ms`);
    if (result.exitCode !== 0) {
      throw new Fault("broken", `exit code ${result.exitCode}: ${result.stderr.toString("utf8").trim()}`);
    }
    return findShimVersion(result.stdout.toString("utf8")) ?? unknownVersion;
  } catch (error) {
    // What the caller gave up is no word on the program.
    if (isFault(error, "canceled")) throw error;
    throw programUnavailable(program, messageOf(error));
  }
}
