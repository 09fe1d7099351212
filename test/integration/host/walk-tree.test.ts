import { execFile } from "node:child_process";
import { link, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTreeCalls } from "#host";
import { collect } from "../../support/collect.ts";
import { openPlace, type Place } from "./place.ts";

const run = promisify(execFile);

describe("walkTree() of the linux host", () => {
  let place: Place;
  let tree: string;

  beforeEach(async () => {
    place = await openPlace();
    tree = join(place.directory, "tree");
    await mkdir(tree);
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("tells devices, fifos, sockets, owners, attributes, times and second names", async () => {
    const { host } = place;
    await run("mknod", [join(tree, "gone"), "c", "0", "0"]);
    await run("mknod", [join(tree, "large"), "b", "300", "70000"]);
    await run("mkfifo", [join(tree, "fifo")]);
    await writeFile(join(tree, "one"), "twice");
    await link(join(tree, "one"), join(tree, "two"));
    await run("chown", ["65534:70000", join(tree, "one")]);
    await run("touch", ["-d", "2001-02-03T04:05:06.123456789Z", join(tree, "one")]);
    loadTreeCalls().setXattrAt(join(tree, "one"), "user.note", Buffer.from("mine"));

    const entries = new Map((await collect(host.files.walkTree(tree))).map((entry) => [entry.name, entry]));

    expect(entries.get("gone")).toMatchObject({ kind: "character-device", major: 0, minor: 0 });
    expect(entries.get("large")).toMatchObject({ kind: "block-device", major: 300, minor: 70_000 });
    expect(entries.get("fifo")).toMatchObject({ kind: "fifo" });
    expect(entries.get("one")).toMatchObject({
      kind: "file",
      uid: 65_534,
      gid: 70_000,
      modifiedAtNanos: 981_173_106_123_456_789n,
    });
    expect(entries.get("one")?.xattrs).toEqual(new Map([["user.note", Buffer.from("mine")]]));
    expect(entries.get("two")).toMatchObject({ kind: "hard-link", linkTarget: "one" });
  });

  it("gives names that are no text as they are", async () => {
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.of(0xff, 0x41)]), "");

    expect((await collect(place.host.files.walkTree(tree))).map(({ name }) => name)).toEqual(["\xffA"]);
  });

  it("does not leave the tree when a directory becomes a link under its hands", async () => {
    const { host, directory } = place;
    await mkdir(join(directory, "outside"));
    await writeFile(join(directory, "outside/secret"), "");
    await mkdir(join(tree, "a"));
    await mkdir(join(tree, "a/b"));
    await writeFile(join(tree, "a/b/own"), "mine");
    const seen: string[] = [];

    for await (const { name, content } of host.files.walkTree(tree)) {
      seen.push(name);
      if (name !== "a/b/own") continue;
      await rename(join(tree, "a"), join(directory, "moved"));
      await symlink(join(directory, "outside"), join(tree, "a"));
      seen.push(Buffer.concat(await collect(content())).toString());
    }

    expect(seen).toEqual(["a", "a/b", "a/b/own", "mine"]);
  });

  it("refuses a directory that became a link, and a tree that is too deep", async () => {
    const { host, directory } = place;
    await mkdir(join(tree, "a"));
    const swapping = (async () => {
      for await (const { name } of host.files.walkTree(tree)) {
        await rename(join(tree, name), join(directory, "moved"));
        await symlink(directory, join(tree, name));
      }
    })();
    await expect(swapping).rejects.toThrow("not a directory");
    const nest = 'chdir shift; for (1 .. 1100) { mkdir "d" and chdir "d" or die }';
    await mkdir(join(directory, "deep"));
    await run("perl", ["-e", nest, join(directory, "deep")]);

    await expect(collect(host.files.walkTree(join(directory, "deep")))).rejects.toMatchObject({
      kind: "exhausted",
    });
  });
});
