import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Blob, buildImage } from "../../support/image.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;
const bodies = ["a", "b"].map((name) => [{ path: name, kind: "file" as const, body: randomBytes(1_000_000) }]);
const image = buildImage({ layers: bodies });
const [, small, large] = image.blobs as [Blob, Blob, Blob];

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** Sends half of the second layer, and the rest when told. */
function holdsBack(): () => void {
  const rest = Promise.withResolvers<void>();
  registry.script = (request, response) => {
    if (request.url?.includes(large.digest) !== true) return false;
    const half = large.bytes.length / 2;
    response.writeHead(200, { "content-length": large.bytes.length });
    response.write(large.bytes.subarray(0, half));
    void rest.promise.then(() => response.end(large.bytes.subarray(half)));
    return true;
  };
  return rest.resolve;
}

it("a pull tells how far each layer is, to all who wait for one", async () => {
  const release = holdsBack();
  const reference = registry.serve("app", image);
  const other = registry.serve("other", buildImage({ layers: bodies, labels: { other: "image" } }));

  const [first, joined, sharing] = [reference, reference, other].map((name) => node.images.startPull(name));
  await waitFor("half of the layer", () =>
    [first, joined, sharing].every((pull) => {
      const [done, half] = pull?.layers ?? [];
      return done?.stage !== "downloading" && half?.stage === "downloading" && half.receivedBytes > 250_000;
    }),
  );
  release();
  await Promise.all([first?.id, joined?.id, sharing?.id]);

  const over = [small, large].map(({ digest, bytes }) => ({
    digest,
    totalBytes: bytes.length,
    receivedBytes: bytes.length,
    stage: "done",
  }));
  expect(first?.layers).toEqual(over);
  expect(joined?.layers).toEqual(over);
  expect(sharing?.layers[1]).toEqual(over[1]);
});

it("a pull says which layers were here before", async () => {
  await node.images.pull(registry.serve("app", image));

  const pull = node.images.startPull(registry.serve("other", buildImage({ layers: bodies, labels: { a: "b" } })));
  await pull.id;

  expect(pull.layers.map(({ stage }) => stage)).toEqual(["exists", "exists"]);
});
