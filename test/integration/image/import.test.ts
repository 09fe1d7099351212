import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { buildImage, buildIndex } from "../../support/image.ts";
import { dockerArchiveFiles, layoutFiles } from "../../support/image-archive.ts";
import { encodeTar, type TarEntry } from "../../support/tar.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let archive = "";

const layerOf = (name: string): readonly TarEntry[] => [{ path: name, kind: "file", body: name }];
const image = buildImage({ layers: [layerOf("one"), layerOf("two"), layerOf("one")], user: "1000" });
const name = "registry.example/team/app:v1";

beforeEach(async () => {
  node = await openImageNode({ maxLayerBytes: 5_000_000 });
  archive = path.join(node.workspace.dir, "archive");
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

async function importTar(files: readonly TarEntry[], pack = (tar: Buffer): Buffer => tar): Promise<unknown> {
  await writeFile(archive, pack(encodeTar(files)));
  return node.images.import(archive);
}

async function refusalOf(importing: Promise<unknown>): Promise<unknown> {
  const error = await importing.catch((thrown: unknown) => thrown);
  expect(node.images.list()).toEqual([]);
  expect(await node.files()).toEqual([]);
  return error;
}

async function contentOf(layer: number, file: string): Promise<string> {
  const chainId = node.images.find(image.id)?.layers[layer] ?? ("" as never);
  return readFile(path.join(node.store.layers.find(chainId)?.directory ?? "", file), "utf8");
}

const packings: readonly [string, (tar: Buffer) => Buffer][] = [
  ["plain", (tar) => tar],
  ["gzip", (tar) => gzipSync(tar)],
  ["zstd", (tar) => zstdCompressSync(tar)],
];

describe("importing an archive", () => {
  it.each(packings)("of an OCI layout, %s, gives the image and its names", async (_, pack) => {
    expect(await importTar(layoutFiles([{ name, image }]), pack)).toEqual([{ id: image.id, names: [name] }]);

    expect(node.images.find(name)).toMatchObject({
      id: image.id,
      repoTags: [name],
      repoDigests: [`registry.example/team/app@${image.top.digest}`],
      config: { user: "1000" },
    });
    expect([await contentOf(0, "one"), await contentOf(1, "two"), await contentOf(2, "one")]).toEqual([
      "one",
      "two",
      "one",
    ]);
    expect((await node.files()).filter((file) => file.startsWith("blobs/ingest"))).toEqual([]);
  });

  it("of docker save gives the same image", async () => {
    const imported = await importTar(dockerArchiveFiles(image, ["app:v1", "app:v2"]), gzipSync);

    expect(imported).toEqual([{ id: image.id, names: ["docker.io/library/app:v1", "docker.io/library/app:v2"] }]);
    expect(node.images.find("app:v2")).toMatchObject({ id: image.id, repoDigests: [] });
    expect(await contentOf(2, "one")).toBe("one");
  });

  it("gives an image without a name by its id, and it is there after a restart", async () => {
    expect(await importTar(dockerArchiveFiles(image, null))).toEqual([{ id: image.id, names: [] }]);
    node = await node.reopen();
    await node.store.collectGarbage();

    expect(node.images.find(image.id)).toMatchObject({ repoTags: [], repoDigests: [] });
    expect(await contentOf(0, "one")).toBe("one");
  });

  it("takes this machine's image of an index", async () => {
    const index = buildIndex([{ architecture: "s390x", layers: [layerOf("other")] }, { layers: [layerOf("own")] }]);

    expect(await importTar(layoutFiles([{ name, image: index }]))).toEqual([{ id: index.id, names: [name] }]);
  });

  it("takes the directory of a layout", async () => {
    await mkdir(archive);
    execFileSync("tar", ["--extract"], { cwd: archive, input: encodeTar(layoutFiles([{ name, image }])) });

    expect(await node.images.import(archive)).toEqual([{ id: image.id, names: [name] }]);
    expect(await contentOf(1, "two")).toBe("two");
  });

  it("keeps compressed layers when told to", async () => {
    node = await node.reopen({ keepBlobs: true });

    await importTar(layoutFiles([{ name, image }]));
    await node.store.collectGarbage();

    const kept = (await node.files()).filter((file) => file.startsWith("blobs/sha256/"));
    const digests = new Set([image.top, ...image.blobs].map(({ digest }) => `blobs/${digest.replace(":", "/")}`));
    expect(new Set(kept)).toEqual(digests);
  });
});

describe("an imported image", () => {
  let registry: ScriptedRegistry;

  beforeEach(async () => {
    registry = await startScriptedRegistry();
  });

  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
  });

  it("is the one that a pull gives, without a layer fetched again", async () => {
    await importTar(layoutFiles([{ name, image }]));

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
    expect(registry.requests.filter((line) => line.includes(image.blobs[1]?.digest ?? ""))).toEqual([]);
  });
});

describe("an archive is refused, and nothing of it stays,", () => {
  const files = layoutFiles([{ name, image }]);
  const other = buildImage({ layers: [layerOf("x")] });
  const without = (digest = ""): readonly TarEntry[] =>
    files.filter((file) => !file.path.endsWith(digest.replace("sha256:", "")));
  const broken = (digest = ""): readonly TarEntry[] =>
    files.map((file) =>
      file.path.endsWith(digest.replace("sha256:", "")) ? { ...file, body: "something else" } : file,
    );
  const foreign = buildImage({ architecture: "s390x", layers: [layerOf("x")] });

  it.each<[string, readonly TarEntry[], string, RegExp]>([
    ["when it holds no images", [{ path: "f", kind: "file", body: "x" }], "invalid", /it is no archive of images/],
    ["when a layer is missing", without(image.blobs[1]?.digest), "invalid", /no content of digest/],
    ["when a layer is another", broken(image.blobs[2]?.digest), "invalid", /no content of digest/],
    ["when the manifest is another", broken(image.top.digest), "invalid", /no content of digest/],
    [
      "when the second image is broken",
      [...layoutFiles([{ name, image }, { image: other }])].filter(
        (file) => !file.path.endsWith(other.blobs[1]?.digest.slice(7) ?? ""),
      ),
      "invalid",
      /no content of digest/,
    ],
    ["when it is for other machines", layoutFiles([{ image: foreign }]), "unsupported", /s390x/],
    [
      "when it holds a device",
      [...files, { path: "d", kind: "character-device" }],
      "invalid",
      /"d" is a character-device/,
    ],
    ["when its index is no JSON", [{ path: "index.json", kind: "file", body: "{" }], "invalid", /is not JSON/],
    [
      "when its links run in a circle",
      [
        { path: "index.json", kind: "symlink", target: "a" },
        { path: "a", kind: "symlink", target: "index.json" },
      ],
      "invalid",
      /it is no archive of images/,
    ],
    [
      "when it has too many members",
      Array.from({ length: 2001 }, (_, at) => ({ path: `f${at}`, kind: "file" as const })),
      "exhausted",
      /more than 2000 members/,
    ],
    [
      "when it is too large",
      [{ path: "f", kind: "file", body: Buffer.alloc(5_000_001) }],
      "exhausted",
      /more than 5000000 bytes/,
    ],
  ])("%s", async (_, entries, kind, problem) => {
    const error = await refusalOf(importTar(entries, gzipSync));

    expect(error).toMatchObject({ kind, message: expect.stringMatching(problem) as string });
    expect((error as Error).message.startsWith(`import ${archive}: `)).toBe(true);
  });

  it.each<[string, (tar: Buffer) => Buffer]>([
    ["cut off", (tar) => gzipSync(tar).subarray(0, -200)],
    ["cut off before it was compressed", (tar) => gzipSync(tar.subarray(0, tar.length / 2))],
    ["noise", () => Buffer.alloc(5000, 7)],
  ])("when it is %s", async (_, damage) => {
    expect(await refusalOf(importTar(files, damage))).toMatchObject({ kind: "invalid" });
  });

  it("when there is none", async () => {
    expect(await refusalOf(node.images.import("/nowhere"))).toMatchObject({ kind: "not-found" });
  });

  it("when nobody waits for it any more", async () => {
    await writeFile(archive, encodeTar(files));

    const importing = node.images.import(archive, { signal: AbortSignal.abort(new Fault("canceled", "enough")) });

    expect(await refusalOf(importing)).toMatchObject({ kind: "canceled" });
  });
});
