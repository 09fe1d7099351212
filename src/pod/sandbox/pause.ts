import { join } from "node:path";
import { deadline, messageOf } from "#foundation";
import { buildPauseSpec, choosePodAnnotations, ensurePauseRoot, type PodMembership } from "#runtime";
import { ensureApparmor } from "../apparmor.ts";
import type { PodContext, PodOptions } from "../context.ts";
import { cgroupPlaceOf, machineFactsOf, sharedNamespacesOf } from "../placement.ts";
import type { MonitoredProcess, SandboxRecord } from "../records.ts";
import { readLocalhostSeccomp } from "../seccomp-profile.ts";

/**
 * Whether the pod has something of its own that runs: it shares a PID namespace, which only a process can hold, or its
 * runtime wants a container that stands for it, or makes the pod itself.
 */
export function needsPause({ handlers }: Pick<PodContext, "handlers">, record: SandboxRecord): boolean {
  return record.config.security.namespaces.pid === "pod" || handlers.of(record).runtime.sandboxKind !== "namespaces";
}

/** What a container is to its pod, for the runtimes that care. */
export function membershipOf(
  { paths, handlers }: Pick<PodContext, "paths" | "handlers">,
  record: SandboxRecord,
  role: PodMembership["role"],
): PodMembership {
  const { id, config } = record;
  const annotations = choosePodAnnotations(handlers.of(record).policy, config);
  const { pauseBundle, netns } = paths.sandbox(id);
  const ownNetwork = config.security.namespaces.network === "pod" ? { netnsPath: netns } : {};
  return { sandboxId: id, role, sandboxBundle: pauseBundle, config, annotations, ...ownNetwork };
}

/** Makes what pods share of it beforehand; what cannot be made now is tried again when the first pod needs it. */
export async function preparePauseRoot(
  options: Pick<PodOptions, "programDirectory">,
  { host, logger }: Pick<PodContext, "host" | "logger">,
): Promise<void> {
  try {
    await ensurePauseRoot(host, pauseRootOf(options));
  } catch (error) {
    logger.warn("cannot write the pause program", { error: messageOf(error) });
  }
}

function pauseRootOf({ programDirectory }: Pick<PodOptions, "programDirectory">): string {
  return join(programDirectory, "pause");
}

/** Starts what the pod has of its own; as a process, it holds the PID namespace and reaps what containers leave. */
export async function startPause(context: PodContext, record: SandboxRecord): Promise<MonitoredProcess> {
  const { handlers, clamps, paths } = context;
  const bundleDirectory = paths.sandbox(record.id).pauseBundle;
  const rootfsPath = pauseRootOf(context.options);
  await ensurePauseRoot(context.host, rootfsPath);
  const { spec, clamped } = buildPauseSpec({
    sandbox: record.config,
    rootfsPath,
    namespaces: sharedNamespacesOf(context, record),
    cgroup: cgroupPlaceOf(context, record, record.id),
    machine: machineFactsOf(context, record),
    ...(await readLocalhostSeccomp(context.host, { ...record.config.security, isPrivileged: false })),
  });
  for (const clamp of clamped) clamps.tell(clamp);
  await ensureApparmor(context.host, spec.process.apparmorProfile);
  const { runtime } = handlers.of(record);
  const request = {
    id: record.id,
    bundleDirectory,
    spec,
    logPath: undefined,
    hasStdin: false,
    isStdinOnce: false,
    pod: membershipOf(context, record, "sandbox"),
  };
  const handle = await runtime.create(request);
  await runtime.start(handle);
  const { init, monitor, cgroupPath } = handle;
  return { init, monitor, cgroupPath };
}

/** Ends the pause process and all that still runs in its PID namespace. None is success. */
export async function removePause(context: PodContext, record: SandboxRecord): Promise<void> {
  if (!needsPause(context, record)) return;
  const { handlers, options, paths } = context;
  const { runtime } = handlers.of(record);
  const ref = { id: record.id, bundleDirectory: paths.sandbox(record.id).pauseBundle };
  if (record.status.phase === "ready" && record.status.pause !== undefined) {
    // Only what runs makes a forced delete slow: runtimes poll for the end of what they kill.
    const handle = { ...ref, ...record.status.pause };
    await runtime.killAll(handle);
    await awaitEnd(context, runtime.observeExit(handle, { signal: deadline(options.killTimeoutMs) }), record);
  }
  await runtime.delete(ref, { isForced: true });
}

/** That nobody tells the end must not keep it: a forced delete ends what runs. */
async function awaitEnd({ logger }: PodContext, end: Promise<unknown>, { id }: SandboxRecord): Promise<void> {
  try {
    await end;
  } catch (error) {
    logger.warn("what a sandbox stands on was killed, and its end is not told", { sandboxId: id, error });
  }
}
