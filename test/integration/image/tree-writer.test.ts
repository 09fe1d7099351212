import { execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { array, assert, asyncProperty, constantFrom, oneof, record, tuple } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { inheritAttributes, loadTreeCalls, type TreeAttributes, TreeWriter } from "#host";

const limits = { maxEntries: 1000, maxBytes: 1_000_000 };
const plain: TreeAttributes = { mode: 0o644, uid: 0, gid: 0, modifiedAtNanos: 1_000_000_007n, xattrs: new Map() };

let sandbox = "";
let root = "";
let tree: TreeWriter;

beforeEach(async () => {
  sandbox = await mkdtemp(path.join(tmpdir(), "crisp-tree-"));
  root = path.join(sandbox, "root");
  await mkdir(root);
  await writeFile(path.join(sandbox, "outside"), "untouched");
  tree = new TreeWriter(root, limits);
});

afterEach(async () => {
  tree.close();
  await rm(sandbox, { recursive: true, force: true });
});

function file(name: string, content = "x", attributes: TreeAttributes = plain): void {
  tree.beginFile(name, attributes);
  tree.write(Buffer.from(content));
  tree.endFile();
}

function sparseFile(name: string): void {
  tree.beginFile(name, plain);
  tree.skip(10_000);
  tree.write(Buffer.from("x"));
  tree.skip(10_000);
  tree.endFile();
}

function inRoot(name: string): string {
  return path.join(root, name);
}

const calls = loadTreeCalls();

function xattr(name: string, attribute: string): string | undefined {
  return calls.getXattrAt(inRoot(name), attribute)?.toString("latin1");
}

describe("TreeWriter", () => {
  it("gives a file its content, owner, mode with set-id bits, time and capabilities", async () => {
    // Version 2, effective, CAP_NET_BIND_SERVICE.
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    const xattrsOfFile = new Map([
      ["security.capability", capability],
      ["user.note", Buffer.from("hi")],
      ["trusted.overlay.redirect", Buffer.from("/etc")],
      ["security.selinux", Buffer.from("x")],
    ]);
    const before1970 = -1_500_000_000n;

    file("bin/ping", "binary", { mode: 0o6755, uid: 12, gid: 34, modifiedAtNanos: before1970, xattrs: xattrsOfFile });

    const found = await stat(inRoot("bin/ping"), { bigint: true });
    expect([found.mode & 0o7777n, found.uid, found.gid, found.mtimeNs]).toEqual([0o6755n, 12n, 34n, before1970]);
    expect(await readFile(inRoot("bin/ping"), "utf8")).toBe("binary");
    expect(xattr("bin/ping", "security.capability")).toBe(capability.toString("latin1"));
    expect(xattr("bin/ping", "user.note")).toBe("hi");
    expect([xattr("bin/ping", "trusted.overlay.redirect"), xattr("bin/ping", "security.selinux")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("makes links, devices and fifos with their attributes", async () => {
    file("a");
    tree.hardLink("b", "./a");
    tree.symlink("l", "/etc/passwd", { ...plain, uid: 5 });
    tree.node("null", { kind: "character-device", major: 1, minor: 3 }, { ...plain, mode: 0o666 });
    tree.node("disk", { kind: "block-device", major: 259, minor: 70_000 }, plain);
    tree.node("pipe", { kind: "fifo", major: 0, minor: 0 }, { ...plain, uid: 7 });

    expect((await stat(inRoot("a"))).ino).toBe((await stat(inRoot("b"))).ino);
    expect(await readlink(inRoot("l"))).toBe("/etc/passwd");
    expect(await lstat(inRoot("l"))).toMatchObject({ uid: 5, mtimeMs: 1000.000007 });
    const device = await lstat(inRoot("null"));
    expect([device.isCharacterDevice(), device.rdev, device.mode & 0o777]).toEqual([true, 0x103, 0o666]);
    expect(execFileSync("stat", ["-c", "%t:%T", inRoot("disk")], { encoding: "utf8" })).toBe("103:11170\n");
    expect([(await lstat(inRoot("pipe"))).isFIFO(), (await lstat(inRoot("pipe"))).uid]).toEqual([true, 7]);
  });

  it("sets the times of directories last", async () => {
    tree.directory("d/e", { ...plain, mode: 0o1777 });
    tree.directory("d", { ...plain, mode: 0o750 });
    file("d/e/f");
    tree.finish();

    const [outer, inner] = [await stat(inRoot("d")), await stat(inRoot("d/e"))];
    expect([outer.mode & 0o7777, outer.mtimeMs]).toEqual([0o750, 1000.000007]);
    expect([inner.mode & 0o7777, inner.mtimeMs]).toEqual([0o1777, 1000.000007]);
  });

  it("names the directories that no entry described", () => {
    file("a/b/c");
    tree.directory("a", plain);

    expect(tree.finish().impliedDirectories).toEqual(["a/b"]);
  });

  it("counts inodes and disk space, and takes back what a later entry replaces", () => {
    file("d/one", "x".repeat(5000));
    file("d/two");
    tree.hardLink("d/three", "d/one");
    file("d/two", "again");
    file("e/gone");
    file("e");

    // The root, d, one, two, e; three shares the inode of one.
    expect(tree.finish().usage).toEqual({ usedBytes: BigInt(2 * 4096 + 2 * 4096 + 2 * 4096), inodes: 5n });
  });

  it("leaves holes where it is told, and counts only what takes space", async () => {
    tree.beginFile("sparse", { ...plain, mode: 0o4755 });
    tree.skip(400_000);
    tree.write(Buffer.from("data"));
    tree.write(Buffer.from("more"));
    tree.skip(100_000);
    tree.endFile();

    const found = await stat(inRoot("sparse"));
    const content = await readFile(inRoot("sparse"), "latin1");
    expect([found.size, found.mode & 0o7777, content.replaceAll("\0", "")]).toEqual([500_008, 0o4755, "datamore"]);
    expect(found.blocks * 512).toBeLessThan(20_000);
    expect(tree.finish().usage).toEqual({ usedBytes: BigInt(4096 + 4096), inodes: 2n });
  });

  it("takes back the space that a replaced file with holes took, and no more", () => {
    tree.beginFile("sparse", plain);
    tree.skip(400_000);
    tree.endFile();
    tree.hardLink("link", "sparse");
    file("sparse", "small");
    file("link", "small");

    expect(tree.finish().usage).toEqual({ usedBytes: BigInt(4096 + 2 * 4096), inodes: 3n });
  });

  it("lets later entries replace earlier ones of any kind", async () => {
    tree.symlink("x", "/", plain);
    tree.directory("x", plain);
    file("x/y");
    file("x");
    tree.symlink("x", "elsewhere", plain);
    file("x", "last");

    expect((await lstat(inRoot("x"))).isFile()).toBe(true);
    expect(await readdir(root)).toEqual(["x"]);
  });

  it("hides what is below with whiteouts and opaque directories", async () => {
    tree.whiteout("gone");
    tree.opaque("d");
    tree.whiteout("replaced");
    tree.directory("replaced", plain);
    file("kept");
    tree.whiteout("kept");

    const device = await lstat(inRoot("gone"));
    expect([device.isCharacterDevice(), device.rdev]).toEqual([true, 0]);
    expect([xattr("d", "trusted.overlay.opaque"), xattr("replaced", "trusted.overlay.opaque")]).toEqual(["y", "y"]);
    expect((await lstat(inRoot("kept"))).isFile()).toBe(true);
  });

  it("keeps names that are not UTF-8", async () => {
    file(Buffer.from([0x66, 0xe9, 0xff]).toString("latin1"));
    file(Buffer.from("ü/ö").toString("latin1"));
    tree.finish();

    const names = await readdir(root, { encoding: "buffer" });
    expect(names.map((name) => name.toString("hex")).toSorted()).toEqual(["66e9ff", "c3bc"]);
    expect(await readFile(inRoot("ü/ö"), "utf8")).toBe("x");
  });
});

describe("TreeWriter against hostile names", () => {
  it.each(["../outside", "a/../../outside", "/../outside", "..", "x/../..", "../root/../outside"])(
    "refuses %s",
    async (name) => {
      expect(() => file(name)).toThrow(expect.toSatisfy((it: unknown) => it instanceof Fault && it.kind === "invalid"));
      expect(await readFile(path.join(sandbox, "outside"), "utf8")).toBe("untouched");
    },
  );

  it("takes an absolute name for one inside", async () => {
    file("/etc/./passwd", "inner");

    expect(await readFile(inRoot("etc/passwd"), "utf8")).toBe("inner");
  });

  it.each([
    ["an absolute link", () => sandbox],
    ["a relative link", () => ".."],
    ["a link with many steps up", () => "../../../../../../../../../../.."],
  ])("writes through %s only inside", async (_, target) => {
    tree.symlink("link", target(), plain);
    file("link/outside", "changed");

    expect(await readFile(path.join(sandbox, "outside"), "utf8")).toBe("untouched");
  });

  it("resolves links as a process in the tree would", async () => {
    tree.symlink("lib", "usr/lib", plain);
    tree.symlink("usr/deep/lib64", "/lib", plain);
    file("lib/a", "1");
    file("usr/deep/lib64/b", "2");

    expect([await readFile(inRoot("usr/lib/a"), "utf8"), await readFile(inRoot("usr/lib/b"), "utf8")]).toEqual([
      "1",
      "2",
    ]);
  });

  it("does not trust a directory that a link has replaced", async () => {
    file("d/one");
    await mkdir(path.join(sandbox, "target"));
    tree.symlink("d", path.join(sandbox, "target"), plain);
    file("d/two");

    expect(await readdir(path.join(sandbox, "target"))).toEqual([]);
  });

  it("never writes to what a link of the same name points to", async () => {
    tree.symlink("f", path.join(sandbox, "outside"), plain);
    file("f", "changed");

    expect(await readFile(path.join(sandbox, "outside"), "utf8")).toBe("untouched");
    expect(await readFile(inRoot("f"), "utf8")).toBe("changed");
  });

  it("does not change the attributes of what a link points to", async () => {
    const before = await stat(path.join(sandbox, "outside"));
    tree.symlink("l", "../outside", { ...plain, mode: 0o777, uid: 9 });
    tree.directory("l", { ...plain, mode: 0o777, uid: 9 });

    const after = await stat(path.join(sandbox, "outside"));
    expect([after.mode, after.uid, after.mtimeMs]).toEqual([before.mode, before.uid, before.mtimeMs]);
  });

  it.each(["../outside", "missing", "d", ".", "link/outside"])("refuses a hard link to %s", async (target) => {
    tree.directory("d", plain);
    tree.symlink("link", sandbox, plain);

    expect(() => tree.hardLink("h", target)).toThrow(Fault);
    expect((await stat(path.join(sandbox, "outside"))).nlink).toBe(1);
  });

  it("refuses links that run in a circle, and files as parents", () => {
    tree.symlink("a", "b", plain);
    tree.symlink("b", "a", plain);
    file("f");

    expect(() => file("a/x")).toThrow(/too many symlinks/);
    expect(() => file("f/x")).toThrow(/not a directory/);
  });

  it.each([
    ["a NUL", "a\0b", /NUL/],
    ["a part of 256 bytes", "n".repeat(256), /too long/],
    ["5000 bytes", `${"n".repeat(199)}/`.repeat(25), /too long/],
    ["the root itself", "./", /root must be a directory/],
  ])("refuses a file whose name is %s", (_, name, problem) => {
    expect(() => file(name)).toThrow(problem);
  });

  it("refuses more entries and more bytes than allowed", () => {
    const small = new TreeWriter(root, { maxEntries: 3, maxBytes: 10 });
    small.directory("a", plain);
    small.beginFile("a/b", plain);

    expect(() => small.write(Buffer.alloc(11))).toThrow(/more than 10 bytes/);
    expect(() => small.skip(1)).toThrow(/more than 10 bytes/);
    small.close();
    expect(() => small.directory("x/y/z", plain)).toThrow(/more than 3 entries/);
  });

  it("touches nothing outside whatever the names are", async () => {
    const part = constantFrom("..", ".", "", "a", "b", "link", "outside");
    const name = array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const target = oneof(name, constantFrom("/", "..", "../..", "/../outside"));
    const act = record({
      kind: constantFrom("file", "sparse", "directory", "symlink", "hardLink", "whiteout", "opaque"),
      names: tuple(name, target),
    });

    await assert(
      asyncProperty(array(act, { maxLength: 12 }), async (acts) => {
        await rm(root, { recursive: true });
        await mkdir(root);
        tree = new TreeWriter(root, limits);
        const refusals = [...acts, { kind: "finish", names: ["", ""] as const }].flatMap(attempt);

        expect(await readdir(sandbox)).toEqual(["outside", "root"]);
        const outside = await stat(path.join(sandbox, "outside"));
        expect(refusals.filter((thrown) => !(thrown instanceof Fault))).toEqual([]);
        expect([outside.size, outside.nlink, outside.mode & 0o777]).toEqual([9, 1, 0o644]);
      }),
      { numRuns: 300 },
    );
  });

  /** What the act threw, if anything. */
  function attempt(hostile: { readonly kind: string; readonly names: readonly [string, string] }): readonly unknown[] {
    const { kind, names } = hostile;
    const [name, target] = names;
    const acts: Readonly<Record<string, () => unknown>> = {
      file: () => file(name, "changed", { ...plain, mode: 0o777 }),
      sparse: () => sparseFile(name),
      directory: () => tree.directory(name, { ...plain, mode: 0o777 }),
      symlink: () => tree.symlink(name, target, plain),
      hardLink: () => tree.hardLink(name, target),
      whiteout: () => tree.whiteout(name),
      opaque: () => tree.opaque(name),
      finish: () => tree.finish(),
    };
    try {
      acts[kind]?.();
      return [];
    } catch (error) {
      tree.close();
      return [error];
    }
  }
});

describe("inheritAttributes()", () => {
  it("takes mode, owner and time from the nearest layer below that shows the directory", async () => {
    const lowers = [path.join(sandbox, "upper"), path.join(sandbox, "lower")];
    for (const lower of lowers) await mkdir(lower);
    const [upper, lower] = lowers.map((directory) => new TreeWriter(directory, limits));
    lower?.directory("tmp", { ...plain, mode: 0o1777, uid: 3 });
    lower?.directory("hidden/deep", { ...plain, mode: 0o700 });
    lower?.directory("cut/deep", { ...plain, mode: 0o700 });
    lower?.finish();
    upper?.opaque("hidden");
    upper?.whiteout("cut");
    upper?.finish();
    for (const name of ["tmp", "hidden/deep", "cut/deep", "new"]) file(`${name}/file`);
    const { impliedDirectories } = tree.finish();

    inheritAttributes(root, impliedDirectories, lowers);

    const found = await stat(inRoot("tmp"));
    expect([found.mode & 0o7777, found.uid, found.mtimeMs]).toEqual([0o1777, 3, 1000.000007]);
    const modes = await Promise.all(
      ["hidden/deep", "cut/deep", "new"].map(async (name) => (await stat(inRoot(name))).mode & 0o7777),
    );
    expect(modes).toEqual([0o755, 0o755, 0o755]);
  });

  it("does not follow a link of the layer below", async () => {
    const lower = path.join(sandbox, "lower");
    await mkdir(lower);
    await symlink("/etc", path.join(lower, "a"));
    file("a/b");

    inheritAttributes(root, tree.finish().impliedDirectories, [lower]);

    expect((await stat(inRoot("a"))).mode & 0o7777).toBe(0o755);
  });
});
