import { randomBytes } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import type { TarEntry } from "../../support/tar.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** What the disk says of all layers: space and inodes, hard links counted once. */
async function measureLayers(): Promise<{ readonly bytes: number; readonly inodes: number }> {
  const names = await readdir(path.join(node.root, "layers"), { recursive: true });
  // The directory that holds a layer is the store's own.
  const paths = names.filter((name) => name.includes("/")).map((name) => path.join(node.root, "layers", name));
  const found = await Promise.all(paths.map((name) => lstat(name)));
  const unique = [...new Map(found.map((one) => [one.ino, one])).values()];
  return { bytes: unique.reduce((sum, { blocks }) => sum + blocks * 512, 0), inodes: unique.length };
}

it("image usage is what the disk says, and nothing is left of it when the images are gone", async () => {
  const shared: readonly TarEntry[] = [
    { path: "d", kind: "directory" },
    { path: "d/large", kind: "file", body: randomBytes(1_000_000) },
    { path: "d/again", kind: "hardlink", target: "d/large" },
    { path: "d/link", kind: "symlink", target: "large" },
    { path: "empty", kind: "file" },
  ];
  const many = Array.from({ length: 300 }, (_, at): TarEntry => ({ path: `s/${at}`, kind: "file", body: `${at}` }));
  const ids = [];
  for (const [at, layers] of [[shared], [shared, many]].entries()) {
    ids.push(await node.images.pull(registry.serve(`app-${at}`, buildImage({ layers, labels: { at: String(at) } }))));
  }

  const usage = node.images.usage();
  const blobs = node.store.blobs.usage();
  const layers = await measureLayers();
  expect(usage.mountpoint).toBe(node.root);
  expect(Number(usage.inodesUsed - blobs.inodes)).toBe(layers.inodes);
  // Large directories take more than one cluster, which nobody counts.
  expect(Math.abs(Number(usage.usedBytes - blobs.usedBytes) - layers.bytes)).toBeLessThan(layers.bytes / 50);

  for (const id of ids) await node.images.remove(id);
  expect(node.images.usage()).toMatchObject({ usedBytes: 0n, inodesUsed: 0n });
});
