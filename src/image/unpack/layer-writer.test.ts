import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import type { TreeWriter } from "#host";
import type { TarEntry } from "#wire";
import { LayerWriter } from "./layer-writer.ts";

/** Notes what the tree is told. */
function recordingTree(): { readonly tree: TreeWriter; readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const tree = new Proxy({} as TreeWriter, {
    get:
      (_, name) =>
      (...given: unknown[]) =>
        void calls.push([name, ...given.filter((it) => typeof it === "string")]),
  });
  return { tree, calls };
}

function entry(path: string, kind: TarEntry["kind"] = "file", linkPath = ""): TarEntry {
  const times = { modifiedAtNanos: 0n, deviceMajor: 0, deviceMinor: 0 };
  return { path, kind, linkPath, mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, xattrs: new Map(), ...times };
}

function write(entries: readonly TarEntry[], isBottom = false): readonly unknown[][] {
  const { tree, calls } = recordingTree();
  const writer = new LayerWriter(tree, { isBottom });
  for (const one of entries) {
    writer.entry(one);
    writer.entryEnd();
  }
  return calls;
}

describe("LayerWriter", () => {
  it("hands each kind of entry to the tree", () => {
    const entries = [
      entry("f"),
      entry("d", "directory"),
      entry("s", "symlink", "t"),
      entry("h", "hard-link", "f"),
      entry("p", "fifo"),
    ];

    expect(write(entries)).toEqual([
      ["beginFile", "f"],
      ["endFile"],
      ["directory", "d"],
      ["symlink", "s", "t"],
      ["hardLink", "h", "f"],
      ["node", "p"],
    ]);
  });

  it("turns whiteouts into what overlay knows", () => {
    expect(write([entry("a/.wh.b"), entry(".wh.c"), entry("d/.wh..wh..opq"), entry("a/.wh.e/", "directory")])).toEqual([
      ["whiteout", "a/b"],
      ["whiteout", "./c"],
      ["opaque", "d"],
      ["whiteout", "a/e"],
    ]);
  });

  it("leaves whiteouts out of a bottom layer, and old tools' book-keeping out of any", () => {
    expect(write([entry("a/.wh.b"), entry(".wh..wh..opq")], true)).toEqual([]);
    expect(write([entry(".wh..wh.plnk/1"), entry(".wh..wh.aufs")])).toEqual([
      ["beginFile", ".wh..wh.plnk/1"],
      ["endFile"],
    ]);
  });

  it.each([".wh.", "a/.wh..", "a/.wh..."])("refuses the whiteout %s", (path) => {
    expect(() => write([entry(path)])).toThrow(Fault);
  });

  it("drops the content of a whiteout", () => {
    const { tree, calls } = recordingTree();
    const writer = new LayerWriter(tree, { isBottom: false });
    writer.entry(entry(".wh.x"));
    writer.content(Buffer.from("content"));
    writer.entryEnd();

    expect(calls).toEqual([["whiteout", "./x"]]);
  });
});
