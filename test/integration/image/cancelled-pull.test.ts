import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

const patience = { timeout: 20_000 } as const;

/** Pulls an image of two layers, of which the second never comes. */
async function cancelAfterTheFirstLayer(): Promise<{ readonly layers: readonly string[]; readonly reference: string }> {
  const two = buildImage({
    layers: [[{ path: "first", kind: "file" }], [{ path: "second", kind: "file", body: randomBytes(10_000) }]],
  });
  const layers = two.blobs.slice(1).map(({ digest }) => digest);
  const reference = registry.serve("two", two);
  const before = node.store.layers.usage().inodes;
  const cancel = new AbortController();
  registry.script = (request) => request.url?.includes(layers[1] ?? "") === true;
  const pull = Promise.allSettled([node.images.pull(reference, { signal: cancel.signal })]);

  await vi.waitFor(() => expect(node.store.layers.usage().inodes).toBeGreaterThan(before), patience);
  cancel.abort();
  expect(await pull).toMatchObject([{ status: "rejected", reason: { kind: "canceled" } }]);
  registry.script = () => false;
  return { layers, reference };
}

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

  it("keeps the layers that were finished, for the next try", async () => {
    const { layers, reference } = await cancelAfterTheFirstLayer();

    expect((await node.files()).filter((name) => /^layers\/\d+\/fs\//.test(name))).toEqual(["layers/1/fs/first"]);
    expect(await node.images.pull(reference)).toBe(node.images.list()[0]?.id);
    expect(layers.map((digest) => registry.requests.filter((line) => line.includes(digest)).length)).toEqual([1, 2]);
  });

  it("gives up its finished layers when nobody comes for them", async () => {
    node = await node.reopen({ collectAfterMs: 20 });

    await cancelAfterTheFirstLayer();

    await vi.waitFor(async () => expect(await node.files()).toEqual([]), patience);
  });

  it("gives up its finished layers when an image is removed", async () => {
    const other = await node.images.pull(registry.serve("other", image));
    await cancelAfterTheFirstLayer();

    await node.images.remove(other);

    expect(await node.files()).toEqual([]);
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
