import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { type ChainId, digestOf } from "#spec";
import { type Layer, openStore, type Store } from "#store";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

let workspace: Workspace;
let root = "";
let host: Host;
let store: Store;

beforeEach(async () => {
  workspace = await openWorkspace("st");
  root = path.join(workspace.dir, "root");
  host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
  store = await open();
});

afterEach(async () => {
  await store.close();
  await workspace.close();
});

function open(bootId = host.machine.bootId): Promise<Store> {
  const machine = { ...host.machine, bootId };
  return openStore({
    directory: root,
    host: { files: host.files, mounts: host.mounts, machine },
    logger: silentLogger,
  });
}

async function reopen(bootId?: string): Promise<void> {
  await store.close();
  store = await open(bootId);
}

function chainId(name: string): ChainId {
  return digestOf(name) as string as ChainId;
}

async function addLayer(name: string): Promise<Layer> {
  const staged = await store.layers.stage();
  await writeFile(path.join(staged.directory, name), name);
  return staged.commit({ chainId: chainId(name), diffId: digestOf(name), usage: { usedBytes: 4096n, inodes: 2n } });
}

function inStore(name: string): Promise<readonly string[]> {
  return readdir(path.join(root, name));
}

describe("openStore()", () => {
  it("makes its directories for root alone", async () => {
    const modes = await Promise.all(
      ["", "layers", "snapshots", "blobs/sha256"].map(async (name) => (await stat(path.join(root, name))).mode & 0o777),
    );

    expect(modes).toEqual([0o700, 0o700, 0o700, 0o700]);
  });

  it("refuses a database that a later version wrote", async () => {
    await store.close();
    const database = new DatabaseSync(path.join(root, "crisp.db"));
    database.exec("PRAGMA user_version = 99");

    await expect(open()).rejects.toMatchObject({ kind: "wrong-state", reason: { version: 99 } });

    database.exec("PRAGMA user_version = 1");
    database.close();
    store = await open();
  });

  it.each(["relative/path", "/tmp/a:b", "/tmp/a,b"])("refuses the directory %s", async (directory) => {
    await expect(openStore({ directory, host, logger: silentLogger })).rejects.toMatchObject({ kind: "invalid" });
  });

  it("removes what a crash left half-made, and nothing else", async () => {
    const layer = await addLayer("kept");
    store.hold("test", { layers: [layer.chainId], blobs: [] });
    await store.snapshots.prepare("kept", [layer.chainId]);
    const strays = [
      "layers/tmp-1234/fs/d",
      "layers/99/fs",
      "snapshots/stray/upper",
      "blobs/ingest/x",
      "blobs/sha256/y",
    ];
    for (const stray of strays) await mkdir(path.join(root, stray), { recursive: true });

    await reopen();
    await store.collectGarbage();

    expect([await inStore("layers"), await inStore("snapshots")]).toEqual([["1"], ["kept"]]);
    expect([await inStore("blobs/ingest"), await inStore("blobs/sha256")]).toEqual([[], []]);
    expect((await addLayer("new")).directory).toBe(path.join(root, "layers/100/fs"));
  });

  it("forgets layers whose directory is gone", async () => {
    const layer = await addLayer("lost");
    await host.files.remove(path.dirname(layer.directory));

    await reopen();

    expect(store.layers.find(layer.chainId)).toBeUndefined();
  });
});

describe("layers and blobs over a reboot", () => {
  it("are forgotten when they were not brought to the disk before", async () => {
    const layer = await addLayer("new");
    const bytes = Buffer.from("content");
    await store.blobs.put(digestOf(bytes), bytes);

    await reopen();
    const afterCrash = [store.layers.find(layer.chainId) !== undefined, store.blobs.has(digestOf(bytes))];
    await reopen("another boot");
    const afterReboot = [store.layers.find(layer.chainId) !== undefined, store.blobs.has(digestOf(bytes))];

    expect([afterCrash, afterReboot]).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it("stay when they were", async () => {
    const layer = await addLayer("flushed");
    await store.makeDurable();

    await reopen("another boot");

    expect(store.layers.find(layer.chainId)).toEqual(layer);
  });
});

describe("layers", () => {
  it("keep the first of two with one chain id", async () => {
    const first = await addLayer("same");
    const second = await addLayer("same");

    expect(second).toEqual(first);
    expect(await inStore("layers")).toEqual(["1"]);
  });

  it("leave nothing of a staging that was discarded, even twice", async () => {
    const staged = await store.layers.stage();
    await staged.discard();
    await staged.discard();

    expect(await inStore("layers")).toEqual([]);
  });

  it("know their space", async () => {
    await addLayer("one");
    await addLayer("two");

    expect(store.layers.usage()).toEqual({ usedBytes: 8192n, inodes: 4n });
  });
});

describe("blobs", () => {
  const bytes = Buffer.from("some content");
  const digest = digestOf(bytes);

  it("are kept by digest", async () => {
    await store.blobs.put(digest, bytes);
    await store.blobs.put(digest, bytes);

    expect((await store.blobs.read(digest)).equals(bytes)).toBe(true);
  });

  it("are refused when the digest is another, and reported when it became one", async () => {
    await expect(store.blobs.put(digest, Buffer.from("other"))).rejects.toMatchObject({ kind: "invalid" });
    await store.blobs.put(digest, bytes);
    await writeFile(path.join(root, "blobs", digest.replace(":", "/")), "some CONTENT");

    await expect(store.blobs.read(digest)).rejects.toMatchObject({ kind: "broken" });
    await expect(store.blobs.read(digestOf("never"))).rejects.toMatchObject({ kind: "not-found" });
  });

  it("are received in pieces", async () => {
    const staged = await store.blobs.stage();
    await staged.append(Buffer.from("some "));
    await staged.append(Buffer.from("content"));
    const seen = [staged.sizeBytes, staged.writtenBytes];
    await staged.flush();
    seen.push(staged.writtenBytes);
    await staged.commit(digest);
    await staged.discard();

    expect(seen).toEqual([12, 0, 12]);
    expect((await store.blobs.read(digest)).toString()).toBe("some content");
  });
});

describe("collecting garbage", () => {
  it("removes what nobody holds, leases, or has a snapshot of", async () => {
    const [held, leased, mounted, unused] = await Promise.all(["held", "leased", "mounted", "unused"].map(addLayer));
    const lease = store.lease();
    lease.addLayer((leased as Layer).chainId);
    store.hold("owner", { layers: [(held as Layer).chainId], blobs: [] });
    await store.snapshots.prepare("box", [(mounted as Layer).chainId]);
    const bytes = Buffer.from("unused");
    await store.blobs.put(digestOf(bytes), bytes);

    expect(await store.collectGarbage()).toEqual({ layers: 1, blobs: 1 });
    expect(store.layers.find((unused as Layer).chainId)).toBeUndefined();
    lease.close();
    store.hold("owner", { layers: [], blobs: [] });
    await store.snapshots.remove("box");
    expect(await store.collectGarbage()).toEqual({ layers: 3, blobs: 0 });
    expect(await inStore("layers")).toEqual([]);
  });

  it("remembers holders over a restart", async () => {
    const layer = await addLayer("held");
    store.hold("owner", { layers: [layer.chainId], blobs: [] });

    await reopen();

    expect((await store.collectGarbage()).layers).toBe(0);
    store.release("owner");
    store.release("owner");
    expect((await store.collectGarbage()).layers).toBe(1);
  });

  it("takes a holding back with the transaction that it was part of", async () => {
    const layer = await addLayer("held");
    const work = (): void => {
      store.hold("owner", { layers: [layer.chainId], blobs: [] });
      throw new Error("no");
    };

    expect(() => store.transaction(work)).toThrow("no");
    expect((await store.collectGarbage()).layers).toBe(1);
  });
});

describe("snapshots", () => {
  it("show their layers, take changes, and lose them when removed", async () => {
    const layers = [await addLayer("bottom"), await addLayer("top")].map((layer) => layer.chainId);
    const target = path.join(workspace.dir, "rootfs");
    await store.snapshots.prepare("box", layers);
    await store.snapshots.mount("box", target);
    await writeFile(path.join(target, "mine"), "x".repeat(5000));
    const shown = await readdir(target);
    await store.snapshots.unmount(target);
    await store.snapshots.unmount(target);

    const usage = await store.snapshots.usage("box");
    await reopen();
    await store.snapshots.mount("box", target);
    const again = await readdir(target);
    await store.snapshots.unmount(target);
    await store.snapshots.remove("box");
    await store.snapshots.remove("box");

    expect([shown, again]).toEqual([
      ["bottom", "mine", "top"],
      ["bottom", "mine", "top"],
    ]);
    expect(usage.inodes).toBe(2n);
    expect(usage.usedBytes).toBeGreaterThanOrEqual(8192n);
    expect([await inStore("snapshots"), store.snapshots.has("box")]).toEqual([[], false]);
  });

  it("have the root directory's mode and owner of the image", async () => {
    const staged = await store.layers.stage();
    await host.files.chmod(staged.directory, 0o1777);
    await host.files.chown(staged.directory, 12, 34);
    const usage = { usedBytes: 4096n, inodes: 1n };
    const layer = await staged.commit({ chainId: chainId("l"), diffId: digestOf("l"), usage });
    const target = path.join(workspace.dir, "rootfs");
    await store.snapshots.prepare("box", [layer.chainId]);
    await store.snapshots.mount("box", target);
    const shown = await stat(target);
    await store.snapshots.unmount(target);

    expect([shown.mode & 0o7777, shown.uid, shown.gid]).toEqual([0o1777, 12, 34]);
  });

  it("can have other owners, and leave the layers theirs", async () => {
    const staged = await store.layers.stage();
    await writeFile(path.join(staged.directory, "file"), "");
    await host.files.chown(path.join(staged.directory, "file"), 12, 34);
    const usage = { usedBytes: 4096n, inodes: 1n };
    const layer = await staged.commit({ chainId: chainId("l"), diffId: digestOf("l"), usage });
    const ids = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
    const owners = { userNamespace: path.join(workspace.dir, "user"), mappings: { uids: ids, gids: ids } };
    await host.namespaces.pin({ pins: {}, user: { path: owners.userNamespace, mappings: owners.mappings } });
    const target = path.join(workspace.dir, "rootfs");
    const seen: string[] = [];
    const look = async (name: string): Promise<void> => {
      const { uid, gid } = await stat(name);
      seen.push(`${path.basename(name)} ${uid}:${gid}`);
    };
    await store.snapshots.probeMapped(owners);
    for (const [id, layers] of [
      ["box", [layer.chainId]],
      ["empty", []],
    ] as const) {
      await store.snapshots.prepare(id, layers, owners);
      await store.snapshots.mount(id, target, { owners });
      await look(target);
      for (const name of await readdir(target)) await look(path.join(target, name));
      await store.snapshots.unmount(target);
    }
    for (const layers of [[layer.chainId], [layer.chainId, (await addLayer("b")).chainId]]) {
      await store.snapshots.mountView(layers, target, owners);
      await look(path.join(target, "file"));
      await expect(writeFile(path.join(target, "x"), "")).rejects.toMatchObject({ code: "EROFS" });
      await store.snapshots.unmount(target);
    }
    await look(path.join(layer.directory, "file"));
    await host.namespaces.unpin(owners.userNamespace);

    expect(seen).toEqual([
      "rootfs 100000:100000",
      "file 100012:100034",
      "rootfs 100000:100000",
      "file 100012:100034",
      "file 100012:100034",
      "file 12:34",
    ]);
    expect([await inStore("mapped"), await inStore("snapshots")]).toEqual([[], ["box", "empty"]]);
  });

  it("lose the mounts for other owners that a crash has left", async () => {
    const ids = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
    const user = { path: path.join(workspace.dir, "user"), mappings: { uids: ids, gids: ids } };
    const target = path.join(root, "mapped/1");
    await host.namespaces.pin({ pins: {}, user });
    await host.files.makeDirectory(target);
    await host.mounts.mountMapped({
      source: path.join(root, "layers"),
      target,
      userNamespace: user.path,
      scope: "mount",
      propagation: "private",
      isReadonly: true,
    });
    await host.namespaces.unpin(user.path);

    await reopen();

    expect(await inStore("mapped")).toEqual([]);
    expect((await host.mounts.list()).filter((entry) => entry.target === target)).toEqual([]);
  });

  it("can be of an image without layers, and views of one layer or many", async () => {
    const layers = [await addLayer("a"), await addLayer("b")].map((layer) => layer.chainId);
    const target = path.join(workspace.dir, "view");
    await store.snapshots.prepare("empty", []);
    await store.snapshots.mount("empty", target);
    const shown = [await readdir(target)];
    await store.snapshots.unmount(target);
    for (const view of [layers.slice(0, 1), layers]) {
      await store.snapshots.mountView(view, target);
      shown.push(await readdir(target));
      await expect(writeFile(path.join(target, "x"), "")).rejects.toMatchObject({ code: "EROFS" });
      await store.snapshots.unmount(target);
    }

    expect(shown).toEqual([[], ["a"], ["a", "b"]]);
  });

  it("refuse a second of one id, missing layers, and more layers than can be mounted", async () => {
    const layer = await addLayer("one");
    await store.snapshots.prepare("box", [layer.chainId]);

    await expect(store.snapshots.prepare("box", [])).rejects.toMatchObject({ kind: "exists" });
    await expect(store.snapshots.prepare("x", [chainId("missing")])).rejects.toMatchObject({ kind: "not-found" });
    const many = Array.from({ length: 200 }, () => layer.chainId);
    await expect(store.snapshots.prepare("y", many)).rejects.toMatchObject({ kind: "unsupported" });
    await expect(store.snapshots.mount("z", "/nowhere")).rejects.toMatchObject({ kind: "not-found" });
    expect(store.snapshots.list()).toEqual(["box"]);
  });
});

describe("probe()", () => {
  it("writes for real", () => {
    store.probe();
    store.probe();

    expect(() => store.probe()).not.toThrow();
  });
});
