import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "#foundation";
import { createLinuxHost } from "#host";
import { type ChainId, digestOf, type OverlayOptions } from "#spec";
import { openStore, type Store } from "#store";
import { collect } from "../../support/collect.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

let workspace: Workspace;
let store: Store;
let target = "";

beforeEach(async () => {
  workspace = await openWorkspace("sc");
  const host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
  store = await openStore({ directory: path.join(workspace.dir, "root"), host, logger: silentLogger });
  target = path.join(workspace.dir, "rootfs");
});

afterEach(async () => {
  await store.snapshots.unmount(target);
  await store.close();
  await workspace.close();
});

/** Mounts a snapshot of a layer with these files. */
async function mountOver(files: readonly string[], options: OverlayOptions = {}): Promise<void> {
  const staged = await store.layers.stage();
  for (const name of files) {
    await mkdir(path.dirname(path.join(staged.directory, name)), { recursive: true });
    await writeFile(path.join(staged.directory, name), "of the layer");
  }
  const diffId = digestOf("layer");
  const chainId = diffId as string as ChainId;
  await staged.commit({ chainId, diffId, usage: { usedBytes: 4096n, inodes: 9n } });
  await store.snapshots.prepare("box", [chainId]);
  await store.snapshots.mount("box", target, { options });
}

test("a snapshot tells what was written and what was removed, also of a directory that was made anew", async () => {
  await mountOver(["kept", "gone", "again/hidden", "again/made", "again/deep/hidden", "dir/below", "dir/stays"]);
  await rm(path.join(target, "gone"));
  await rm(path.join(target, "dir/below"));
  await rm(path.join(target, "again"), { recursive: true });
  for (const name of ["again", "again/deep"]) await mkdir(path.join(target, name));
  for (const name of ["again/made", "dir/new", "kept"]) await writeFile(path.join(target, name), "written");

  const changes = await collect(store.snapshots.changes("box"));

  const present = changes.flatMap((change) => (change.kind === "present" ? [change.entry.name] : []));
  const removed = changes.flatMap((change) => (change.kind === "removed" ? [change.name] : []));
  expect(present).toEqual(["again", "again/deep", "again/made", "dir", "dir/new", "kept"]);
  expect(removed.toSorted()).toEqual(["again/deep/hidden", "again/hidden", "dir/below", "gone"]);
  expect(() => store.snapshots.changes("other")).toThrow("other");
});

test("a snapshot refuses to tell of what overlay alone can put together", async () => {
  await mountOver(["moved/file"], { redirect_dir: "on" });
  await rename(path.join(target, "moved"), path.join(target, "elsewhere"));

  await expect(collect(store.snapshots.changes("box"))).rejects.toMatchObject({
    kind: "unsupported",
    message: expect.stringContaining("elsewhere: it has trusted.overlay.redirect") as string,
  });
});
