import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageOfTar } from "../../support/image.ts";
import { encodeTar, type TarEntry } from "../../support/tar.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;
let outside = "";

beforeEach(async () => {
  node = await openImageNode({ maxLayerEntries: 500, maxLayerBytes: 50_000_000 });
  registry = await startScriptedRegistry();
  outside = path.join(node.workspace.dir, "outside");
  await mkdir(outside);
  await writeFile(path.join(outside, "file"), "untouched");
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** What a hostile layer must not touch. */
async function outsideFiles(): Promise<object> {
  return { names: await node.host.files.list(outside), content: await readFile(path.join(outside, "file"), "utf8") };
}

const untouched = { names: ["file"], content: "untouched" };

async function pull(entries: readonly TarEntry[]): Promise<string> {
  const tar = encodeTar(entries);
  return node.images.pull(registry.serve("hostile", imageOfTar(gzipSync(tar), tar)));
}

/** How a pull ended, and what it left; the message without the names that differ each time. */
async function outcomeOf(pulling: Promise<unknown>): Promise<object> {
  const error = await pulling.catch((thrown: unknown) => thrown);
  const { kind, message } = error as { readonly kind?: string; readonly message?: string };
  const stage = message?.replace(/127\.0\.0\.1:\d+|sha256:\w+/g, "…");
  return { kind, message: stage, files: await node.files(), warnings: node.warnings, outside: await outsideFiles() };
}

function refusal(kind: string, problem: RegExp): object {
  const message = new RegExp(`^pull …/hostile:latest: layer …: unpack: .*(?:${problem.source})`);
  return { kind, message: expect.stringMatching(message) as string, files: [], warnings: [], outside: untouched };
}

describe("a hostile layer", () => {
  it.each<[string, readonly TarEntry[], string, RegExp]>([
    [
      "climbs out by its name",
      [{ path: "../../../../../../outside/file", kind: "file", body: "x" }],
      "invalid",
      /leads out of the tree/,
    ],
    [
      "climbs out by a hard link",
      [{ path: "h", kind: "hardlink", target: "../../../outside/file" }],
      "invalid",
      /leads out of the tree/,
    ],
    ["whites out its parent", [{ path: "a/.wh...", kind: "file" }], "invalid", /names nothing/],
    [
      "has too many entries",
      Array.from({ length: 600 }, (_, n) => ({ path: `f${n}`, kind: "fifo" as const })),
      "exhausted",
      /500 entries/,
    ],
    ["is a bomb", [{ path: "zeros", kind: "file", body: Buffer.alloc(60_000_000) }], "exhausted", /50000000 bytes/],
    [
      "puts a file below a file",
      [
        { path: "f", kind: "file" },
        { path: "f/g", kind: "file" },
      ],
      "invalid",
      /not a directory/,
    ],
  ])("is refused when it %s", async (_, entries, kind, problem) => {
    expect(await outcomeOf(pull(entries))).toEqual(refusal(kind, problem));
  });

  it("writes through its own links only inside of itself", async () => {
    await pull([
      { path: "link", kind: "symlink", target: outside },
      { path: "link/file", kind: "file", body: "changed" },
      { path: "up", kind: "symlink", target: "../../../outside" },
      { path: "up/file", kind: "file", body: "changed" },
      { path: `/${outside}/file`.slice(0, 99), kind: "file", body: "changed" },
    ]);

    const [layer] = node.images.list()[0]?.layers ?? [];
    const directory = layer === undefined ? "" : (node.store.layers.find(layer)?.directory ?? "");
    expect(await outsideFiles()).toEqual(untouched);
    expect(await readFile(path.join(directory, "outside/file"), "utf8")).toBe("changed");
    expect(await readFile(path.join(directory, outside, "file"), "utf8")).toBe("changed");
  });

  it.each([
    [
      "gzip that is cut off",
      (tar: Buffer) => gzipSync(tar).subarray(0, -20),
      /gzip stream is damaged: unexpected end of file/,
    ],
    ["gzip that is none", () => Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9]), /gzip stream is damaged/],
    ["zstd that is cut off", (tar: Buffer) => zstdCompressSync(tar).subarray(0, -5), /zstd stream is damaged|cut off/],
    ["no tar at all", () => Buffer.alloc(2000, "noise"), /tar: a header/],
    ["a tar that is cut off", (tar: Buffer) => gzipSync(tar.subarray(0, 700)), /tar: the archive is cut off/],
  ])("is refused when it is %s", async (_, pack, problem) => {
    const tar = encodeTar([{ path: "f", kind: "file", body: Buffer.alloc(5000, "x") }]);

    const pulling = node.images.pull(registry.serve("hostile", imageOfTar(pack(tar), tar)));

    expect(await outcomeOf(pulling)).toEqual(refusal("invalid", problem));
  });

  it("is given up at once, though its download hangs", async () => {
    const tar = encodeTar([{ path: "../x", kind: "file", body: Buffer.alloc(3_000_000) }]);
    const built = imageOfTar(tar, tar);
    registry.script = (request, response) => {
      if (request.url?.includes(built.blobs[1]?.digest ?? "") !== true) return false;
      response.writeHead(200, { "content-length": tar.length });
      response.write(tar.subarray(0, 600_000));
      return true;
    };

    const pulling = node.images.pull(registry.serve("hostile", built));

    expect(await outcomeOf(pulling)).toEqual(refusal("invalid", /leads out of the tree/));
  });
});

describe("a layer's compression", () => {
  const tar = encodeTar([{ path: "f", kind: "file", body: Buffer.alloc(2_000_000, "text ") }]);
  const half = tar.length / 2;

  it.each([
    ["gzip", gzipSync(tar)],
    ["gzip of several members", Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))])],
    ["zstd", zstdCompressSync(tar)],
    [
      "zstd of several frames",
      Buffer.concat([zstdCompressSync(tar.subarray(0, half)), zstdCompressSync(tar.subarray(half))]),
    ],
    ["none", tar],
    ["gzip with bytes after its end", Buffer.concat([gzipSync(tar), Buffer.alloc(1_000_000)])],
  ])("may be %s", async (_, sent) => {
    const image = imageOfTar(sent, tar);

    expect(await node.images.pull(registry.serve("packed", image))).toBe(image.id);
  });
});
