import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;

beforeEach(async () => {
  registry = await startScriptedRegistry();
  node = await openImageNode();
  const root = node.root;
  await node.close();
  await node.host.mounts.mount({ source: "tmpfs", target: root, type: "tmpfs", flags: [], data: "size=6m" });
  node = await node.reopen();
});

afterEach(async () => {
  await node.close();
  await node.host.mounts.unmount(node.root);
  await node[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

describe("a full disk", () => {
  it.each([
    [
      "while a layer is received",
      randomBytes(8_000_000),
      /download: write .*\/blobs\/ingest\/\w+: no space left on device/,
    ],
    ["while a layer is unpacked", Buffer.alloc(8_000_000), /unpack: write "big": no space left on device/],
  ])("is reported with the path, and nothing stays, when it fills %s", async (_, body, problem) => {
    const image = buildImage({ layers: [[{ path: "big", kind: "file", body }]] });

    const error = await node.images.pull(registry.serve("app", image)).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: "exhausted", message: expect.stringMatching(problem) as string });
    expect(await node.files()).toEqual([]);
    const small = buildImage({ layers: [[{ path: "small", kind: "file" }]] });
    expect(await node.images.pull(registry.serve("app", small))).toBe(small.id);
  });
});
