import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect } from "../support/collect.ts";
import type { HostUnderTest } from "./host-under-test.ts";

/** What every form of Host promises of its files. */
export function filesContract(under: () => HostUnderTest): void {
  describe("files", () => {
    it("writeAtomic() replaces a file and leaves nothing else", async () => {
      const { host, directory } = under();
      const path = join(directory, "file");

      await host.files.writeAtomic(path, "one", { mode: 0o600 });
      await host.files.writeAtomic(path, "two", { isDurable: false });

      expect(await host.files.readText(path)).toBe("two");
      expect(await host.files.list(directory)).toEqual(["file"]);
      expect(await host.files.stat(path)).toMatchObject({ kind: "file", sizeBytes: 3, mode: 0o644 });
    });

    it("write() makes a file and keeps the mode of one that exists", async () => {
      const { host, directory } = under();
      const path = join(directory, "file");

      await host.files.write(path, "long content", { mode: 0o640 });
      await host.files.write(path, "short", { mode: 0o600 });

      expect(await host.files.readText(path)).toBe("short");
      expect((await host.files.stat(path))?.mode).toBe(0o640);
    });

    it("read() tells what is missing and what is too large", async () => {
      const { host, directory } = under();
      const path = join(directory, "file");

      await expect(host.files.read(path)).rejects.toMatchObject({
        kind: "not-found",
        message: `read ${path}: no such file or directory`,
      });
      await host.files.write(path, "0123456789");
      await expect(host.files.read(path, { maxBytes: 9 })).rejects.toMatchObject({ kind: "exhausted" });
      expect(await host.files.readText(path, { maxBytes: 10 })).toBe("0123456789");
      expect(host.files.readRecent(path, { maxBytes: 10 })).toBe("0123456789");
      expect(() => host.files.readRecent(path, { maxBytes: 9 })).toThrow("larger than 9 bytes");
      expect(() => host.files.readRecent(`${path}-not`, { maxBytes: 9 })).toThrow("no such file or directory");
    });

    it("createLarge() puts a file in its place when it is complete, and nothing when it is given up", async () => {
      const { host, directory } = under();
      const [path, temporary] = [join(directory, "file"), join(directory, ".file.tmp")];
      const { signal } = new AbortController();

      const given = await host.files.createLarge(path, temporary);
      await given.write(Buffer.from("half"), signal);
      const during = await host.files.list(directory);
      await given.discard();
      const after = await host.files.list(directory);
      const kept = await host.files.createLarge(path, temporary);
      await kept.write(Buffer.from("all of "), signal);
      await kept.write(Buffer.from("it"), signal);
      await kept.commit();
      await kept.discard();

      expect([during, after, await host.files.list(directory)]).toEqual([[".file.tmp"], [], ["file"]]);
      expect(await host.files.readText(path)).toBe("all of it");
      expect((await host.files.stat(path))?.mode).toBe(0o600);
    });

    it("readPieces() gives a file from its beginning to its end", async () => {
      const { host, directory } = under();
      const path = join(directory, "file");
      await host.files.write(path, "0123456789");

      expect(Buffer.concat(await collect(host.files.readPieces(path, 4))).toString()).toBe("0123456789");
      await expect(collect(host.files.readPieces(`${path}-not`, 4))).rejects.toMatchObject({
        kind: "not-found",
      });
    });

    it("walkTree() tells all of a tree, parents first, and follows no link", async () => {
      const { host, directory } = under();
      const tree = join(directory, "tree");
      await host.files.makeDirectory(join(tree, "b/c"));
      await host.files.write(join(tree, "b/file"), "content", { mode: 0o640 });
      await host.files.symlink("/etc", join(tree, "a"));

      const seen: unknown[] = [];
      for await (const { kind, name, linkTarget, mode, sizeBytes, content } of host.files.walkTree(tree)) {
        const body = kind === "file" ? Buffer.concat(await collect(content())).toString() : "";
        seen.push([kind, name, linkTarget, mode, sizeBytes, body]);
      }

      expect(seen).toEqual([
        ["symlink", "a", "/etc", 0o777, 0, ""],
        ["directory", "b", "", 0o755, 0, ""],
        ["directory", "b/c", "", 0o755, 0, ""],
        ["file", "b/file", "", 0o640, 7, "content"],
      ]);
      await expect(collect(host.files.walkTree(join(tree, "not")))).rejects.toMatchObject({
        kind: "not-found",
      });
    });

    it("readInside() follows links as if the tree were the root", async () => {
      const { host, directory } = under();
      await host.files.makeDirectory(join(directory, "etc"));
      await host.files.write(join(directory, "etc/passwd"), "inside");
      await host.files.symlink("/etc/passwd", join(directory, "link"));

      const read = await host.files.readInside(directory, "/link");

      expect(read.toString()).toBe("inside");
      await expect(host.files.readInside(directory, "/etc/missing")).rejects.toMatchObject({ kind: "not-found" });
    });

    it("resolveInside() gives a path without links, which leads to nothing outside", async () => {
      const { host, directory } = under();
      await host.files.makeDirectory(join(directory, "etc/real"));
      await host.files.symlink("/etc/real", join(directory, "etc/link"));
      await host.files.symlink("../../../../etc/link", join(directory, "out"));

      expect(await host.files.resolveInside(directory, "/out")).toBe(join(directory, "etc/real"));
      await expect(host.files.resolveInside(directory, "out/missing")).rejects.toMatchObject({ kind: "not-found" });
    });

    it("writeFifo() names a fifo that is not there", async () => {
      const { host, directory } = under();

      await expect(host.files.writeFifo(join(directory, "fifo"), "x")).rejects.toMatchObject({ kind: "not-found" });
    });

    it("makeDirectory() makes parents and accepts what exists", async () => {
      const { host, directory } = under();
      const path = join(directory, "a/b/c");

      await host.files.makeDirectory(path, { mode: 0o700 });
      await host.files.makeDirectory(path);

      expect(await host.files.stat(path)).toMatchObject({ kind: "directory", mode: 0o700 });
      expect(await host.files.stat(join(directory, "a/b"))).toMatchObject({ mode: 0o755 });
    });

    it("makeDirectory() refuses what a file is in the way of", async () => {
      const { host, directory } = under();
      await host.files.write(join(directory, "file"), "");

      await expect(host.files.makeDirectory(join(directory, "file"))).rejects.toMatchObject({ kind: "exists" });
    });

    it("remove() removes a tree without following links; missing is success", async () => {
      const { host, directory } = under();
      const [tree, outside] = [join(directory, "tree"), join(directory, "outside")];
      await host.files.makeDirectory(join(tree, "a/b"));
      await host.files.makeDirectory(outside);
      await host.files.write(join(outside, "kept"), "");
      await host.files.write(join(tree, "a/b/file"), "");
      await host.files.symlink(outside, join(tree, "a/link"));

      await host.files.remove(tree);
      await host.files.remove(tree);

      expect(await host.files.stat(tree)).toBeUndefined();
      expect(await host.files.list(outside)).toEqual(["kept"]);
    });

    it("remove() of a link keeps its target", async () => {
      const { host, directory } = under();
      await host.files.write(join(directory, "file"), "");
      await host.files.symlink("file", join(directory, "link"));

      await host.files.remove(join(directory, "link"));

      expect(await host.files.list(directory)).toEqual(["file"]);
    });

    it("rename() moves a tree, and refuses one that is not there", async () => {
      const { host, directory } = under();
      await host.files.makeDirectory(join(directory, "from/below"));

      await host.files.rename(join(directory, "from"), join(directory, "to"));

      expect(await host.files.list(directory)).toEqual(["to"]);
      await expect(host.files.rename(join(directory, "from"), join(directory, "x"))).rejects.toMatchObject({
        kind: "not-found",
      });
    });

    it("symlink() refuses a name that is taken; stat() does not follow it", async () => {
      const { host, directory } = under();
      const path = join(directory, "link");

      await host.files.symlink("nowhere", path);

      expect(await host.files.stat(path)).toMatchObject({ kind: "symlink", sizeBytes: 7 });
      await expect(host.files.symlink("elsewhere", path)).rejects.toMatchObject({ kind: "exists" });
    });

    it("list() is empty for a missing directory and sorted otherwise", async () => {
      const { host, directory } = under();
      for (const name of ["b", "c", "a"]) await host.files.write(join(directory, name), "");

      expect(await host.files.list(join(directory, "missing"))).toEqual([]);
      expect(await host.files.list(directory)).toEqual(["a", "b", "c"]);
    });

    it("chmod() and chown() change what stat() tells", async () => {
      const { host, directory } = under();
      const path = join(directory, "file");
      await host.files.write(path, "");

      await host.files.chmod(path, 0o4711);
      await host.files.chown(path, 12, 34);

      expect(await host.files.stat(path)).toMatchObject({ uid: 12, gid: 34 });
      await expect(host.files.chmod(join(directory, "missing"), 0o600)).rejects.toMatchObject({ kind: "not-found" });
    });

    it("treeUsage() counts what was added", async () => {
      const { host, directory } = under();
      const before = await host.files.treeUsage(directory);

      await host.files.makeDirectory(join(directory, "below"));
      await host.files.write(join(directory, "below/file"), Buffer.alloc(100_000, 1));
      await host.files.syncFilesystem(directory);
      const after = await host.files.treeUsage(directory);

      expect(after.inodes - before.inodes).toBe(2n);
      expect(after.usedBytes - before.usedBytes).toBeGreaterThanOrEqual(100_000n);
    });

    it("scatterTrees() takes a directory that is there", async () => {
      const { host, directory } = under();

      await host.files.scatterTrees(directory);

      await expect(host.files.scatterTrees(join(directory, "missing"))).rejects.toMatchObject({ kind: "not-found" });
    });

    it("filesystemUsage() tells the space", async () => {
      const { host, directory } = under();

      const usage = await host.files.filesystemUsage(directory);

      expect(usage.totalBytes).toBeGreaterThan(usage.availableBytes);
      expect(usage.totalInodes).toBeGreaterThan(usage.availableInodes);
    });
  });
}
