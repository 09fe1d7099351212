import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Fault, type UndoStack } from "#foundation";
import type { ContainerMount, IdMappings } from "#spec";
import type { MappedOwners } from "#store";
import type { PodContext } from "../context.ts";
import { getSandbox } from "../find.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { ownersOf } from "../sandbox/user-namespace.ts";
import { stagesOfContainer } from "../stage.ts";

/** A mount of a host path whose files have other owners in the container. */
interface MappedVolume {
  readonly mount: ContainerMount;
  readonly mappings: IdMappings;
  /** Where the path is shown with those owners on the node. */
  readonly target: string;
  /** Holds the mapping where it is not the pod's. */
  readonly ownNamespace: string;
}

/**
 * Mounts the volumes that want other owners, on the node: OCI runtimes can do
 * so by themselves only since runc 1.2 and crun 1.9.
 *
 * @throws Fault `unsupported` naming the path, when its file system has no idmapped mounts
 */
export async function mountMappedVolumes(context: PodContext, record: ContainerRecord, undo: UndoStack): Promise<void> {
  const volumes = mappedVolumesOf(context, record);
  if (volumes.length === 0) return;
  const sandbox = getSandbox(context, record.sandboxId);
  undo.push({ name: "unmount volumes", holdsOlder: true, run: () => unmountMappedVolumes(context, record) });
  await stagesOfContainer(context, record)("map volumes", async () => {
    await context.host.files.makeDirectory(mappedDirectory(context, record), { mode: 0o700 });
    for (const volume of volumes) await naming(volume, () => mountMapped(context, sandbox, volume));
  });
}

/** Takes the mounts away; those that are not there are no fault. */
export async function unmountMappedVolumes(context: PodContext, record: ContainerRecord): Promise<void> {
  for (const { target, ownNamespace } of mappedVolumesOf(context, record)) {
    await context.host.mounts.unmount(target);
    await context.host.namespaces.unpin(ownNamespace);
  }
}

/** Where the mounts with other owners are, by the mount that was asked for. */
export function mappedSources(context: PodContext, record: ContainerRecord): ReadonlyMap<ContainerMount, string> {
  return new Map(mappedVolumesOf(context, record).map(({ mount, target }) => [mount, target]));
}

/** Calls `use` with the owners that a mount asks for: in the pod's user namespace, or in one for the moment. */
export async function withOwners<T>(
  context: PodContext,
  { sandbox, mappings, path }: { sandbox: SandboxRecord; mappings: IdMappings; path: string },
  use: (owners: MappedOwners) => Promise<T>,
): Promise<T> {
  const ofPod = ownersOf(context, sandbox);
  if (ofPod !== undefined && isDeepStrictEqual(ofPod.mappings, mappings)) return await use(ofPod);
  const { namespaces } = context.host;
  await namespaces.pin({ pins: {}, user: { path, mappings } });
  try {
    return await use({ userNamespace: path, mappings });
  } finally {
    await namespaces.unpin(path);
  }
}

/** The mapping that a mount asks for; undefined: none. */
export function mappingsOf({ uidMappings, gidMappings }: ContainerMount): IdMappings | undefined {
  if (uidMappings.length === 0 && gidMappings.length === 0) return undefined;
  return { uids: uidMappings, gids: gidMappings };
}

function mappedVolumesOf(context: PodContext, record: ContainerRecord): readonly MappedVolume[] {
  const directory = mappedDirectory(context, record);
  return record.config.mounts.flatMap((mount, index) => {
    const mappings = mappingsOf(mount);
    if (mappings === undefined || mount.image !== undefined) return [];
    const target = join(directory, String(index));
    return [{ mount, mappings, target, ownNamespace: `${target}.user` }];
  });
}

function mappedDirectory({ paths }: PodContext, { id }: ContainerRecord): string {
  return join(paths.container(id).bundle, "mapped");
}

async function mountMapped(context: PodContext, sandbox: SandboxRecord, volume: MappedVolume): Promise<void> {
  const { mount, mappings, target, ownNamespace: path } = volume;
  await withOwners(context, { sandbox, mappings, path }, async ({ userNamespace }) => {
    await context.host.mounts.mountMapped({
      source: mount.hostPath,
      target,
      userNamespace,
      scope: "tree",
      propagation: mount.propagation === "private" ? "private" : "slave",
      isReadonly: false,
    });
  });
}

async function naming(volume: MappedVolume, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw Fault.within(`mount of ${volume.mount.containerPath}`, error);
  }
}
