import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageOfTar } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

/** More fragments than a header, or a block after it, holds. */
const fragmentCount = 60;
const fragmentBytes = 4096;
const gapBytes: number = 1024 * 1024;
const realBytes: number = fragmentCount * (fragmentBytes + gapBytes) + 3;

let node: ImageNode;
let registry: ScriptedRegistry;
let source = "";

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
  source = path.join(node.workspace.dir, "source");
  await mkdir(source);
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** A file that begins and ends with a hole, packed by the machine's own tar. */
async function packSparse(options: readonly string[]): Promise<Buffer> {
  const file = await open(path.join(source, "sparse"), "w");
  for (let index = 0; index < fragmentCount; index += 1) {
    await file.write(randomBytes(fragmentBytes), 0, fragmentBytes, index * (fragmentBytes + gapBytes) + gapBytes);
  }
  await file.truncate(realBytes);
  await file.close();
  return execFileSync("tar", ["--create", "--sparse", ...options, "sparse"], { cwd: source, maxBuffer: 2 ** 28 });
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("sparse files of GNU tar", () => {
  it.each([
    ["in its old format", ["--format=gnu"]],
    ["in PAX format 0.0", ["--format=pax", "--sparse-version=0.0"]],
    ["in PAX format 0.1", ["--format=pax", "--sparse-version=0.1"]],
    ["in PAX format 1.0", ["--format=pax", "--sparse-version=1.0"]],
  ])("%s are unpacked with real holes", async (_, options) => {
    const tar = await packSparse(options);
    expect(tar.length).toBeLessThan(realBytes / 10);
    const image = imageOfTar(gzipSync(tar), tar);

    const id = await node.images.pull(registry.serve("sparse", image));

    const layer = node.store.layers.find(node.images.find(id)?.layers[0] ?? ("" as never));
    const unpacked = path.join(layer?.directory ?? "", "sparse");
    expect(hashOf(await readFile(unpacked))).toBe(hashOf(await readFile(path.join(source, "sparse"))));
    const [{ size, blocks }, packed] = [await stat(unpacked), fragmentCount * fragmentBytes];
    expect(size).toBe(realBytes);
    // The file system's own list of the fragments may count, too.
    expect(blocks * 512 - packed).toBeLessThanOrEqual(gapBytes / 16);
    // The directory takes one cluster, too.
    expect(layer?.usage).toEqual({ usedBytes: BigInt(packed + 4096), inodes: 2n });
  });

  it("count by their real size, however little is stored of them", async () => {
    node = await node.reopen({ maxLayerBytes: realBytes - 1 });
    const tar = await packSparse(["--format=gnu"]);

    const error = await node.images
      .pull(registry.serve("sparse", imageOfTar(gzipSync(tar), tar)))
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: "exhausted", message: expect.stringContaining("more than") as string });
    expect(await node.files()).toEqual([]);
  });
});
