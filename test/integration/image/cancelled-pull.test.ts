import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Blob, buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;
const image = buildImage({ layers: [[{ path: "big", kind: "file", body: randomBytes(2_000_000) }]] });
const layer = image.blobs.at(-1) as Blob;
const config = image.blobs[0] as Blob;

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

describe("a cancelled pull", () => {
  it.each([
    ["the manifest", "/manifests/"],
    ["the config", config.digest],
    ["a layer", layer.digest],
  ])("leaves nothing behind while it waits for %s", async (_, part) => {
    const cancel = new AbortController();
    registry.script = (request, response) => {
      if (request.url?.includes(part) !== true) return false;
      response.writeHead(200, { "content-length": layer.bytes.length });
      response.write(layer.bytes.subarray(0, 400_000), () => setImmediate(() => cancel.abort()));
      return true;
    };

    await expect(node.images.pull(registry.serve("app", image), { signal: cancel.signal })).rejects.toMatchObject({
      kind: "canceled",
    });
    expect(await node.files()).toEqual([]);
    registry.script = () => false;
    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("goes on for whoever else waits", async () => {
    const cancel = new AbortController();
    registry.script = (request) => {
      if (request.url?.includes(layer.digest) === true) cancel.abort();
      return false;
    };
    const reference = registry.serve("app", image);

    const [impatient, patient] = await Promise.allSettled([
      node.images.pull(reference, { signal: cancel.signal }),
      node.images.pull(reference),
    ]);

    expect([impatient.status, patient]).toEqual(["rejected", { status: "fulfilled", value: image.id }]);
    expect(registry.requests.filter((line) => line.includes(layer.digest))).toHaveLength(1);
  });

  it("hands a layer over to another pull that waits for it", async () => {
    const cancel = new AbortController();
    const release = Promise.withResolvers<void>();
    registry.script = async (request) => {
      if (request.url?.includes(layer.digest) !== true) return false;
      cancel.abort();
      await release.promise;
      return false;
    };
    const first = node.images.pull(registry.serve("one", image), { signal: cancel.signal });
    const second = node.images.pull(registry.serve("two", image));

    await expect(first).rejects.toMatchObject({ kind: "canceled" });
    release.resolve();

    expect(await second).toBe(image.id);
  });

  it("ends with the daemon", async () => {
    const reached = Promise.withResolvers<void>();
    registry.script = (request) => {
      if (request.url?.includes(layer.digest) === true) reached.resolve();
      return request.url?.includes(layer.digest) === true;
    };
    const pull = node.images.pull(registry.serve("app", image));
    await reached.promise;

    const [outcome] = await Promise.allSettled([pull, node.images.close()]);

    expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "canceled" } });
    expect(await node.files()).toEqual([]);
  });
});
