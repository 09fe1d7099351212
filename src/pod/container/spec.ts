import { Fault, isFault } from "#foundation";
import type { Image } from "#image";
import {
  buildContainerSpec,
  type ContainerNamespaces,
  type ContainerSpecInput,
  type Origins,
  type PodFiles,
  resolveUser,
} from "#runtime";
import type { ContainerMount, OciSpec } from "#spec";
import { ensureApparmor } from "../apparmor.ts";
import type { PodContext } from "../context.ts";
import { containerWrongPhase, sandboxNotReady } from "../faults.ts";
import { getContainer } from "../find.ts";
import { cgroupPlaceOf, machineFactsOf, sharedNamespacesOf } from "../placement.ts";
import type { ContainerRecord, ResolvedUser, SandboxRecord } from "../records.ts";
import { hostnameOf } from "../sandbox/files.ts";
import { readLocalhostSeccomp } from "../seccomp-profile.ts";
import { resolveBlockio } from "./blockio.ts";
import { resolveCdiDevices } from "./cdi-devices.ts";
import { findDevices } from "./devices.ts";
import { withMountedSources } from "./image-volumes.ts";

/** Most bytes of an image's account files that are read: a hostile image must not fill memory. */
const maxAccountBytes = 4 * 1024 * 1024;

/** Looks up who the container runs as, in the account files of its mounted root. */
export async function resolveContainerUser(
  context: PodContext,
  record: ContainerRecord,
  { root, origins }: { readonly root: string; readonly origins?: Origins },
): Promise<ResolvedUser> {
  const [passwd, group] = await Promise.all([
    readAccounts(context, root, "/etc/passwd"),
    readAccounts(context, root, "/etc/group"),
  ]);
  return resolveUser({ passwd, group }, record.config.security.user, imageOf(context, record).config.user, origins);
}

/** An image without the file has no names, only numbers. */
async function readAccounts({ host }: PodContext, root: string, path: string): Promise<string> {
  try {
    return (await host.files.readInside(root, path, { maxBytes: maxAccountBytes })).toString();
  } catch (error) {
    if (isFault(error, "not-found")) return "";
    throw error;
  }
}

/**
 * Builds a container's config.json. What can be granted only in part is said in the log.
 *
 * @throws Fault `invalid` or `unsupported` naming the field
 */
export async function buildSpec(
  context: PodContext,
  sandbox: SandboxRecord,
  record: ContainerRecord,
): Promise<OciSpec> {
  const places: SpecPlaces = {
    mounts: await withMountedSources(context, record),
    pid: pidNamespaceOf(context, sandbox, record),
  };
  const { spec, clamped } = buildContainerSpec(await specInput(context, { sandbox, record }, places));
  for (const clamp of clamped) context.clamps.tell(clamp);
  await ensureApparmor(context.host, spec.process.apparmorProfile);
  return spec;
}

/** What only a container that is being made has. */
export interface SpecPlaces {
  /** Its mounts with the paths that they are made from. */
  readonly mounts: readonly ContainerMount[];
  readonly pid: ContainerNamespaces["pid"];
}

/** Gathers everything that decides a container's config.json. */
export async function specInput(
  context: PodContext,
  { sandbox, record }: { readonly sandbox: SandboxRecord; readonly record: ContainerRecord },
  { mounts, pid }: SpecPlaces,
): Promise<ContainerSpecInput> {
  const { host, paths } = context;
  const { config } = record;
  const { policy } = context.handlers.of(sandbox);
  const cdi = await resolveCdiDevices(context, config);
  const blockio = await resolveBlockio(context, sandbox.config, config);
  const needsMounts = config.mounts.some(({ propagation }) => propagation !== "private");
  return {
    sandbox: sandbox.config,
    container: { ...config, mounts },
    image: imageDefaults(imageOf(context, record)),
    rootfsPath: paths.container(record.id).rootfs,
    user: record.user ?? { uid: 0, gid: 0, additionalGids: [] },
    namespaces: { ...sharedNamespacesOf(context, sandbox), pid },
    podFiles: podFilesOf(context, sandbox),
    cgroup: cgroupPlaceOf(context, sandbox, record.id),
    machine: machineFactsOf(context, sandbox),
    hostname: hostnameOf(context, sandbox.config),
    devices: await findDevices(host, config, policy),
    policy,
    ...(blockio === undefined ? {} : { blockio }),
    ...(cdi === undefined ? {} : { cdi }),
    ...(await readLocalhostSeccomp(context.host, record.config.security)),
    ...(needsMounts ? { hostMounts: await host.mounts.list() } : {}),
  };
}

function imageOf({ images }: PodContext, { imageId }: ContainerRecord): Image {
  const image = images.find(imageId);
  if (image === undefined) throw new Fault("not-found", `image ${imageId}: not on this node any more`);
  return image;
}

function imageDefaults({ config }: Image): ContainerSpecInput["image"] {
  const { entrypoint, cmd, env, workingDir, user, stopSignal } = config;
  return { entrypoint, cmd, env, workingDirectory: workingDir, user, stopSignal };
}

function pidNamespaceOf(
  context: PodContext,
  sandbox: SandboxRecord,
  record: ContainerRecord,
): ContainerNamespaces["pid"] {
  const mode = record.config.security.namespaces.pid;
  if (mode === "container") return "new";
  if (mode === "node") return "host";
  if (mode !== "pod") return { path: `/proc/${pidOfTarget(context, record, mode.targetContainer)}/ns/pid` };
  if (sandbox.status.phase !== "ready") throw sandboxNotReady(sandbox);
  const { pause } = sandbox.status;
  if (pause === undefined) {
    throw new Fault("invalid", "namespace_options.pid: is POD, but the sandbox was not made to share a PID namespace");
  }
  return { path: `/proc/${pause.init.pid}/ns/pid` };
}

function pidOfTarget(context: PodContext, record: ContainerRecord, targetId: string): number {
  const target = getContainer(context, targetId);
  if (target.sandboxId !== record.sandboxId) {
    throw new Fault("invalid", `namespace_options.target_id: container ${targetId} is of another sandbox`);
  }
  if (target.status.phase !== "running") throw containerWrongPhase(target, "running");
  return target.status.process.init.pid;
}

function podFilesOf({ paths }: PodContext, { id, config }: SandboxRecord): PodFiles {
  const { resolvConf, hostname, hosts, shm } = paths.sandbox(id);
  return { resolvConf, hostname, hosts, shm: config.security.namespaces.ipc === "pod" ? shm : "/dev/shm" };
}
