import { join } from "node:path";
import type { FileStat, Host, TreeUsage } from "#host";
import { type ChainId, hostIdOf, type OverlayOptions } from "#spec";
import type { SnapshotRecord } from "./codecs.ts";
import { ownerUnmapped } from "./faults.ts";
import type { LayerDirectories } from "./layers.ts";
import type { MappedLayers } from "./mapped-layers.ts";
import { knowsVolatile, overlayMount } from "./overlay.ts";
import { type StorePaths, snapshotUpper, snapshotWork, volatileMark } from "./paths.ts";
import { snapshotChanges } from "./snapshot-changes.ts";
import type { MappedOwners, MountManner, RecordTable, SnapshotChange, Snapshots } from "./types.ts";

export interface SnapshotDeps {
  readonly paths: StorePaths;
  readonly host: Pick<Host, "files" | "mounts" | "machine">;
  readonly layers: LayerDirectories;
  readonly mapped: MappedLayers;
  readonly table: RecordTable<SnapshotRecord>;
}

/** Snapshots as overlay mounts. The record comes before the directories and goes after them. */
export class OverlaySnapshots implements Snapshots {
  readonly #deps: SnapshotDeps;
  readonly #kernel: { readonly hasVolatile: boolean };

  constructor(deps: SnapshotDeps) {
    this.#deps = deps;
    this.#kernel = { hasVolatile: knowsVolatile(deps.host.machine.kernelRelease) };
  }

  /** Directories without a record. */
  async findStrays(): Promise<readonly string[]> {
    const { host, paths } = this.#deps;
    const names = await host.files.list(paths.snapshots);
    return names.filter((name) => !this.has(name)).map((name) => join(paths.snapshots, name));
  }

  async prepare(id: string, layers: readonly ChainId[], owners?: MappedOwners): Promise<void> {
    const { host, paths, table } = this.#deps;
    // Refuses what could not be mounted before anything exists.
    this.#mountOf(id, this.#lowersOf(layers), "/");
    // A power loss that forgets it leaves a directory without a record, which the next start removes.
    table.insert(id, { layers }, "crash");
    try {
      await host.files.makeDirectory(join(paths.snapshots, id), { mode: 0o700 });
      const root = mappedRoot(await this.#rootOf(layers), owners);
      const upper = snapshotUpper(paths, id);
      await host.files.makeDirectory(upper, { mode: root.mode });
      if (root.uid !== 0 || root.gid !== 0) await host.files.chown(upper, root.uid, root.gid);
      await host.files.makeDirectory(snapshotWork(paths, id), { mode: 0o700 });
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async mount(id: string, target: string, { owners, options = {} }: MountManner = {}): Promise<void> {
    const { host, table } = this.#deps;
    const lowers = this.#lowersOf(table.get(id).layers);
    await host.files.remove(volatileMark(this.#deps.paths, id));
    await host.files.makeDirectory(target);
    await this.#owned(lowers, owners, (owned) => host.mounts.mount(this.#mountOf(id, owned, target, options)));
  }

  async mountView(layers: readonly ChainId[], target: string, owners?: MappedOwners): Promise<void> {
    const { mounts, files } = this.#deps.host;
    const lowers = this.#lowersOf(layers);
    await files.makeDirectory(target);
    await this.#owned(lowers, owners, (owned) => mounts.mount(overlayMount(target, { lowers: owned }, this.#kernel)));
  }

  async probeMapped(owners: MappedOwners): Promise<void> {
    const { host, paths } = this.#deps;
    const target = join(paths.snapshots, "probe");
    const [merged, upper, work] = ["merged", "upper", "work"].map((name) => join(target, name)) as [
      string,
      string,
      string,
    ];
    try {
      for (const path of [merged, upper, work]) await host.files.makeDirectory(path, { mode: 0o700 });
      const over = { writable: { upper, work } };
      await this.#owned([paths.empty], owners, (lowers) =>
        host.mounts.mount(overlayMount(merged, { lowers, ...over }, this.#kernel)),
      );
    } finally {
      await host.mounts.unmount(merged);
      await host.files.remove(target);
    }
  }

  async #owned(
    lowers: readonly string[],
    owners: MappedOwners | undefined,
    use: (owned: readonly string[]) => Promise<void>,
  ): Promise<void> {
    if (owners === undefined) await use(lowers);
    else await this.#deps.mapped.with(lowers, owners, use);
  }

  unmount(target: string): Promise<void> {
    return this.#deps.host.mounts.unmount(target);
  }

  async remove(id: string): Promise<void> {
    const { host, paths, table } = this.#deps;
    if (!this.has(id)) return;
    await host.files.remove(join(paths.snapshots, id));
    table.remove(id, "crash");
  }

  has(id: string): boolean {
    return this.#deps.table.find(id) !== undefined;
  }

  list(): readonly string[] {
    return [...this.#deps.table.all().keys()];
  }

  async usage(id: string, options: { readonly signal?: AbortSignal } = {}): Promise<TreeUsage> {
    this.#deps.table.get(id);
    return this.#deps.host.files.treeUsage(snapshotUpper(this.#deps.paths, id), options);
  }

  changes(id: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterable<SnapshotChange> {
    const lowers = this.#lowersOf(this.#deps.table.get(id).layers);
    return snapshotChanges(this.#deps.host.files, { upper: snapshotUpper(this.#deps.paths, id), lowers }, options);
  }

  #mountOf(
    id: string,
    lowers: readonly string[],
    target: string,
    options: OverlayOptions = {},
  ): ReturnType<typeof overlayMount> {
    const { paths } = this.#deps;
    const writable = { upper: snapshotUpper(paths, id), work: snapshotWork(paths, id) };
    return overlayMount(target, { lowers, writable }, { ...this.#kernel, options });
  }

  #lowersOf(layers: readonly ChainId[]): readonly string[] {
    const { paths } = this.#deps;
    if (layers.length === 0) return [paths.empty];
    return layers.map((chainId) => this.#deps.layers.get(chainId).directory);
  }

  /** The merged root has the owner and mode of the uppermost directory, so the writable one copies the image's. */
  async #rootOf(layers: readonly ChainId[]): Promise<Root> {
    const top = layers.at(-1);
    const found =
      top === undefined ? undefined : await this.#deps.host.files.stat(this.#deps.layers.get(top).directory);
    return found === undefined ? { mode: 0o755, uid: 0, gid: 0 } : { ...found, mode: found.mode & 0o7777 };
  }
}

type Root = Pick<FileStat, "mode" | "uid" | "gid">;

/** The writable directory is not mapped: what is written there has the node's ids already. */
function mappedRoot(root: Root, owners: MappedOwners | undefined): Root {
  if (owners === undefined) return root;
  const uid = hostIdOf(owners.mappings.uids, root.uid);
  const gid = hostIdOf(owners.mappings.gids, root.gid);
  if (uid === undefined || gid === undefined) throw ownerUnmapped(root.uid, root.gid);
  return { mode: root.mode, uid, gid };
}
