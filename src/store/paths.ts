import { isAbsolute, join } from "node:path";
import type { Digest } from "#foundation";
import { hexOf } from "#spec";
import { unusableDirectory } from "./faults.ts";

/**
 * Where things are under the store's directory.
 *
 * Layers have short numbers for names: overlay is told all of them in one page
 * of mount options.
 */
export interface StorePaths {
  readonly root: string;
  readonly database: string;
  readonly layers: string;
  readonly snapshots: string;
  readonly blobs: string;
  readonly ingest: string;
  /** Where layers are shown with other owners for the moment of a mount. */
  readonly mapped: string;
  /** A directory that stays empty: the lower one of an image without layers. */
  readonly empty: string;
}

/** @throws Fault `invalid` when overlay could not take a path below this directory as a mount option */
export function storePaths(directory: string): StorePaths {
  if (!isAbsolute(directory) || /[:,\\"']/.test(directory)) throw unusableDirectory(directory);
  return {
    root: directory,
    database: join(directory, "crisp.db"),
    layers: join(directory, "layers"),
    snapshots: join(directory, "snapshots"),
    blobs: join(directory, "blobs", "sha256"),
    ingest: join(directory, "blobs", "ingest"),
    mapped: join(directory, "mapped"),
    empty: join(directory, "empty"),
  };
}

export function layerDirectory(paths: StorePaths, number: number): string {
  return join(paths.layers, String(number), "fs");
}

export function blobPath(paths: StorePaths, digest: Digest): string {
  return join(paths.blobs, hexOf(digest));
}

export function snapshotUpper(paths: StorePaths, id: string): string {
  return join(paths.snapshots, id, "upper");
}

export function snapshotWork(paths: StorePaths, id: string): string {
  return join(paths.snapshots, id, "work");
}

/**
 * Left by the kernel in a snapshot that was mounted "volatile": while it is
 * there the snapshot cannot be mounted again, for its files may not be on the disk.
 */
export function volatileMark(paths: StorePaths, id: string): string {
  return join(snapshotWork(paths, id), "work", "incompat");
}
