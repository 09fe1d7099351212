import { dirname, join } from "node:path";
import type { Files } from "#host";
import type { BlobFiles } from "./blobs.ts";
import type { LayerDirectories } from "./layers.ts";
import type { MappedLayers } from "./mapped-layers.ts";
import { blobPath, type StorePaths } from "./paths.ts";
import type { OverlaySnapshots } from "./snapshots.ts";
import type { RecordTable, StoreAudit } from "./types.ts";

/** The parts of a store that are compared with the disk. */
export interface AuditedStore {
  readonly paths: StorePaths;
  readonly files: Pick<Files, "list" | "stat">;
  readonly layers: LayerDirectories;
  readonly blobs: BlobFiles;
  readonly snapshots: OverlaySnapshots;
  readonly mapped: MappedLayers;
  readonly tables: readonly Pick<RecordTable<unknown>, "name" | "quarantined">[];
}

/**
 * Compares the disk with the records, beside everything that goes on.
 *
 * What is known is read before the disk is listed and after it: what was made meanwhile is known then, and what was
 * removed meanwhile is not on the disk any more when it is looked for once more.
 */
export async function auditStore(store: AuditedStore): Promise<StoreAudit> {
  const before = new Set(knownPaths(store));
  const missingBefore = await findMissing(store);
  const listed = await listPaths(store);
  const after = new Set(knownPaths(store));
  const unknown = listed.filter((path) => !before.has(path) && !after.has(path));
  const there = await Promise.all(unknown.map(async (path) => (await store.files.stat(path)) !== undefined));
  const settled = new Set(knownPaths(store));
  return {
    counts: countsOf(store),
    strays: unknown.filter((path, index) => there[index] && !settled.has(path)),
    missing: missingBefore.filter(({ path }) => settled.has(path)),
    quarantined: store.tables.flatMap(({ name, quarantined }) => quarantined.map((bad) => ({ ...bad, table: name }))),
    setAside: await listSetAside(store),
  };
}

function knownPaths({ paths, layers, blobs, snapshots, mapped }: AuditedStore): readonly string[] {
  return [
    ...layers.knownNames().map((name) => join(paths.layers, name)),
    ...snapshots.list().map((id) => join(paths.snapshots, id)),
    ...blobs.knownPaths(),
    ...mapped.knownPaths(),
  ];
}

async function listPaths({ paths, files }: AuditedStore): Promise<readonly string[]> {
  const directories = [paths.layers, paths.snapshots, paths.blobs, paths.ingest, paths.mapped];
  const lists = await Promise.all(
    directories.map(async (directory) => (await files.list(directory)).map((name) => join(directory, name))),
  );
  // Files that are about to be renamed into their place begin with a dot.
  return lists.flat().filter((path) => !path.slice(path.lastIndexOf("/") + 1).startsWith("."));
}

/** A record comes after its files and goes before them, so that one without files has lost them. */
async function findMissing({ paths, files, layers, blobs }: AuditedStore): Promise<StoreAudit["missing"]> {
  const wanted: StoreAudit["missing"] = [
    ...layers
      .list()
      .map(({ chainId, directory }) => ({ kind: "layer" as const, id: chainId, path: dirname(directory) })),
    ...blobs.list().map((digest) => ({ kind: "blob" as const, id: digest, path: blobPath(paths, digest) })),
  ];
  const there = await Promise.all(wanted.map(async ({ path }) => (await files.stat(path)) !== undefined));
  return wanted.filter((_, index) => !there[index]);
}

function countsOf({ layers, snapshots, blobs }: AuditedStore): StoreAudit["counts"] {
  return { layers: layers.list().length, snapshots: snapshots.list().length, blobs: blobs.list().length };
}

async function listSetAside({ paths, files }: AuditedStore): Promise<readonly string[]> {
  const names = await files.list(paths.root);
  return names.filter((name) => name.endsWith(".damaged")).map((name) => join(paths.root, name));
}
