import { isFault, messageOf } from "#foundation";
import type { Host, RunResult } from "#host";
import { capabilityNames, decodeRuntimeFeatures, type OciRuntimeFeatures } from "#spec";
import { programUnavailable } from "../faults.ts";
import type { CallOptions, RuntimeFeatures } from "../types.ts";
import type { ConmonContext } from "./options.ts";

const probeTimeoutMs = 10_000;

/** Runs the runtime and the monitor once, and asks what they are. */
export async function probe(context: ConmonContext, options: CallOptions): Promise<RuntimeFeatures> {
  const { runtimePath, conmonPath } = context.settings;
  const [runtime, monitor, features] = await Promise.all([
    askVersion(context.host, runtimePath, options),
    askVersion(context.host, conmonPath, options),
    askFeatures(context.host, runtimePath, options),
  ]);
  return {
    name: runtime.name,
    version: runtime.version,
    monitorVersion: monitor.version,
    ...knownCapabilities(runtime, features),
    hasRecursiveReadonlyMounts: features?.mountOptions.has("rro") === true && canSetMountAttributes(context.host),
    hasIdmappedMounts: features?.hasIdmappedMounts ?? false,
    hasUserNamespaces: hasUserNamespaces(runtime, features),
    hasSeccomp: features?.hasSeccomp ?? true,
    hasApparmor: features?.hasApparmor ?? false,
    hasSelinux: features?.hasSelinux ?? false,
  };
}

/** crun has always had them, and tells of its features since version 1.9. */
export function hasUserNamespaces(
  { name }: Pick<RuntimeFeatures, "name">,
  features: OciRuntimeFeatures | undefined,
): boolean {
  return features?.namespaces.has("user") ?? name === "crun";
}

/**
 * The capabilities of Linux 5.8 and later, which gVisor's kernel gives no meaning. Its runsc refuses containers that have one.
 *
 * @see https://github.com/google/gvisor/blob/release-20221219.0/runsc/cmd/capability.go
 */
const unknownToGvisor: ReadonlySet<string> = new Set(["CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"]);

/** What a runtime knows by its own words; runsc has none for it. */
export function knownCapabilities(
  { name }: Pick<RuntimeFeatures, "name">,
  features: OciRuntimeFeatures | undefined,
): Pick<RuntimeFeatures, "knownCapabilities"> {
  const told = features?.capabilities;
  if (told !== undefined) return { knownCapabilities: told };
  if (name !== "runsc") return {};
  return { knownCapabilities: new Set(capabilityNames.filter((each) => !unknownToGvisor.has(each))) };
}

type ProbedHost = Pick<Host, "processes">;

interface ProgramVersion {
  readonly name: string;
  readonly version: string;
}

/** What a program says of itself with --version. @throws Fault `unavailable` */
export async function askVersion(host: ProbedHost, program: string, options: CallOptions): Promise<ProgramVersion> {
  const { stdout, stderr, exitCode, timedOut } = await run(host, { program, args: ["--version"] }, options).catch(
    (error: unknown) => {
      // What the caller gave up is no word on the program.
      if (isFault(error, "canceled")) throw error;
      throw programUnavailable(program, messageOf(error));
    },
  );
  if (timedOut) throw programUnavailable(program, `no answer in ${probeTimeoutMs} ms`);
  if (exitCode !== 0) throw programUnavailable(program, `exit code ${exitCode}: ${stderr.toString("utf8").trim()}`);
  const match = /^(\S+) version (\S+)/m.exec(stdout.toString("utf8"));
  if (match === null) throw programUnavailable(program, "it does not tell its version");
  return { name: match[1] ?? "", version: match[2] ?? "" };
}

/** Undefined for a runtime that cannot tell: the command is younger than many of them. */
export async function askFeatures(
  host: ProbedHost,
  program: string,
  options: CallOptions,
): Promise<OciRuntimeFeatures | undefined> {
  const result = await run(host, { program, args: ["features"] }, options).catch(() => undefined);
  if (result === undefined || result.exitCode !== 0) return undefined;
  return decodeRuntimeFeatures(result.stdout.toString("utf8"));
}

async function run(
  host: ProbedHost,
  command: { readonly program: string; readonly args: readonly string[] },
  { signal }: CallOptions,
): Promise<RunResult> {
  return host.processes.run(command, { timeoutMs: probeTimeoutMs, ...(signal === undefined ? {} : { signal }) });
}

/** mount_setattr(2), which makes a whole tree read-only, came with Linux 5.12. */
export function canSetMountAttributes({ machine }: Pick<Host, "machine">): boolean {
  const [major = 0, minor = 0] = machine.kernelRelease.split(".").map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 12);
}
