import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { link, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPlace, type Place } from "./place.ts";

describe("files of the linux host", () => {
  let place: Place;

  beforeEach(async () => {
    place = await openPlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("removes a tree that is deeper than a path can say", async () => {
    const { host, directory } = place;
    const tree = join(directory, "tree");
    await mkdir(tree);
    const nest = 'chdir shift; for (1 .. 60) { mkdir "d" x 200 and chdir "d" x 200 or die; open my $file, ">", "f" }';
    const nested = await host.processes.run({ program: "perl", args: ["-e", nest, tree] }, { timeoutMs: 10_000 });

    await host.files.remove(tree);

    expect(nested.exitCode).toBe(0);
    expect(await host.files.stat(tree)).toBeUndefined();
  });

  it("removes a wide tree", async () => {
    const { host, directory } = place;
    const tree = join(directory, "tree");
    await mkdir(tree);
    for (let index = 0; index < 500; index += 1) await host.files.write(join(tree, `${index}`), "");

    await host.files.remove(tree);

    expect(await host.files.list(directory)).toEqual([]);
  });

  it("marks no directory of a file system that has no such mark", async () => {
    const { host, directory } = place;
    const target = join(directory, "elsewhere");
    await host.files.makeDirectory(target);
    await host.mounts.mount({ source: "tmpfs", target, type: "tmpfs", flags: [], data: "size=1m" });

    const marking = host.files.scatterTrees(target);

    await expect(marking).resolves.toBeUndefined();
    await host.mounts.unmount(target);
  });

  it("does not go into another file system", async () => {
    const { host, directory } = place;
    const target = join(directory, "tree/below");
    await host.files.makeDirectory(target);
    await host.mounts.mount({ source: "tmpfs", target, type: "tmpfs", flags: [], data: "size=1m" });
    await host.files.write(join(target, "kept"), Buffer.alloc(100_000));

    const usage = await host.files.treeUsage(join(directory, "tree"));
    const removing = host.files.remove(join(directory, "tree"));
    await expect(removing).rejects.toMatchObject({ kind: "busy" });
    const kept = await host.files.list(target);
    await host.mounts.unmount(target);

    expect(usage.usedBytes).toBeLessThan(100_000n);
    expect(kept).toEqual(["kept"]);
  });

  it("sees a mount in a tree that is named through a link", async () => {
    const { host, directory } = place;
    for (const path of ["real/tree/target", "source"]) await host.files.makeDirectory(join(directory, path));
    await host.files.write(join(directory, "source/kept"), "");
    await host.files.symlink("real", join(directory, "link"));
    const target = join(directory, "real/tree/target");
    await host.mounts.mount({ source: join(directory, "source"), target, type: "", flags: ["bind"] });

    await expect(host.files.remove(join(directory, "link/tree"))).rejects.toMatchObject({ kind: "busy" });
    await host.mounts.unmount(target);

    expect(await host.files.list(join(directory, "source"))).toEqual(["kept"]);
  });

  it("goes on watching a directory that was replaced at once", async () => {
    const { host, directory } = place;
    const path = join(directory, "watched");
    mkdirSync(path);
    const changes: string[] = [];
    const watch = host.files.watchDirectory(path, { settleMs: 5, onChange: () => changes.push("x"), onError: fail });

    rmdirSync(path);
    mkdirSync(path);
    await expect.poll(() => changes).toHaveLength(1);
    await host.files.write(join(path, "file"), "");
    await expect.poll(() => changes).toHaveLength(2);

    watch.close();
  });

  it("counts a file with several names once, and links by themselves", async () => {
    const { host, directory } = place;
    await host.files.write(join(directory, "file"), Buffer.alloc(1_000_000, 1));
    await host.files.syncFilesystem(directory);
    const before = await host.files.treeUsage(directory);

    await link(join(directory, "file"), join(directory, "again"));
    await symlink("/", join(directory, "outside"));
    const after = await host.files.treeUsage(directory);

    expect(after.inodes - before.inodes).toBe(1n);
    expect(after.usedBytes - before.usedBytes).toBeLessThan(100_000n);
  });

  it("counts a few files, and so many that others take their turn meanwhile", async () => {
    const { host, directory } = place;
    for (const name of ["few/below", "many/below"]) mkdirSync(join(directory, name), { recursive: true });
    for (let index = 0; index < 3; index += 1) writeFileSync(join(directory, "few/below", `${index}`), "");
    for (let index = 0; index < 3_000; index += 1) writeFileSync(join(directory, "many/below", `file-${index}`), "");
    let turns = 0;
    const others = setInterval(() => (turns += 1));

    const few = await host.files.treeUsage(join(directory, "few"));
    turns = 0;
    const many = await host.files.treeUsage(join(directory, "many"));
    clearInterval(others);

    expect(few.inodes).toBe(5n);
    expect(many.inodes).toBe(3_002n);
    expect(turns).toBeGreaterThan(8);
  });

  it("stops counting when it is told to", async () => {
    const { host, directory } = place;

    const counting = host.files.treeUsage(directory, { signal: AbortSignal.abort() });

    await expect(counting).rejects.toMatchObject({ kind: "canceled" });
  });

  it("leaves no temporary file when it cannot write", async () => {
    const { host, directory } = place;
    await host.files.makeDirectory(join(directory, "taken/below"));

    await expect(host.files.writeAtomic(join(directory, "taken"), "x")).rejects.toThrow(/^write .*taken: /);

    expect(await host.files.list(directory)).toEqual(["taken"]);
  });

  it("names who holds a lock", async () => {
    const { host, directory } = place;
    const lock = await host.lockFile(join(directory, "lock"));

    const second = host.lockFile(join(directory, "lock"));

    await expect(second).rejects.toThrow(`lock ${join(directory, "lock")}: held by process ${process.pid}`);
    await lock.release();
  });
});

function fail(error: unknown): void {
  throw error;
}
