import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { type ChainId, digestOf } from "#spec";
import { type Layer, openStore, type Store } from "#store";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

const noise = "this is no database".repeat(1_000);

let workspace: Workspace;
let root = "";
let host: Host;
let store: Store;

beforeEach(async () => {
  workspace = await openWorkspace("sd");
  root = path.join(workspace.dir, "root");
  host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
  store = await open();
});

afterEach(async () => {
  await store.close();
  await workspace.close();
});

function open(): Promise<Store> {
  return openStore({ directory: root, mirror: path.join(workspace.dir, "records.db"), host, logger: silentLogger });
}

async function addLayer(to: Store, name: string): Promise<Layer> {
  const staged = await to.layers.stage();
  const facts = { chainId: digestOf(name) as string as ChainId, diffId: digestOf(name) };
  return staged.commit({ ...facts, usage: { usedBytes: 4096n, inodes: 2n } });
}

test("rebuilds a damaged database from the copy of its records, and sets the file aside", async () => {
  const layer = await addLayer(store, "kept");
  store.hold("test", { layers: [layer.chainId], blobs: [] });
  await store.snapshots.prepare("kept", [layer.chainId]);
  await store.close();
  await writeFile(path.join(root, "crisp.db"), noise);

  store = await open();
  await store.collectGarbage();

  expect(store.layers.find(layer.chainId)).toMatchObject({ directory: layer.directory });
  expect(await readdir(path.join(root, "snapshots"))).toEqual(["kept"]);
  expect(await readdir(root)).toContain("crisp.db.damaged");
});

test("begins anew when the copy is gone, too", async () => {
  const layer = await addLayer(store, "lost");
  await store.close();
  await writeFile(path.join(root, "crisp.db"), noise);
  for (const suffix of ["", "-wal", "-shm"]) await rm(path.join(workspace.dir, `records.db${suffix}`), { force: true });

  store = await open();
  await store.collectGarbage();

  expect(store.layers.find(layer.chainId)).toBeUndefined();
  expect(await readdir(path.join(root, "layers"))).toEqual([]);
});

test("makes a damaged copy anew of the records", async () => {
  const layer = await addLayer(store, "kept");
  await store.close();
  await writeFile(path.join(workspace.dir, "records.db"), noise);
  store = await open();
  await store.close();
  await writeFile(path.join(root, "crisp.db"), noise);

  store = await open();

  expect(store.layers.find(layer.chainId)).toMatchObject({ directory: layer.directory });
});

test("does not take a disk that cannot be written for a damaged database", async () => {
  await store.close();
  await mkdir(path.join(root, "crisp.db-wal"));

  await expect(open()).rejects.toMatchObject({ reason: { code: "store.database" } });

  expect(await readdir(root)).not.toContain("crisp.db.damaged");
  await rmdir(path.join(root, "crisp.db-wal"));
  store = await open();
});
