import { afterEach, beforeEach, expect, test } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

const image = buildImage({ layers: [[{ path: "x", kind: "file" }]] });

let node: ImageNode;
let registry: ScriptedRegistry;

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

test("a layer that is to be fetched from somewhere else is refused", async () => {
  const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  registry.script = ({ url = "" }, response) => {
    if (!url.includes("/manifests/")) return false;
    const manifest = JSON.parse(image.top.bytes.toString()) as { readonly layers: readonly object[] };
    response.writeHead(200, { "content-type": image.top.mediaType });
    response.end(
      JSON.stringify({ ...manifest, layers: manifest.layers.map((each) => ({ ...each, mediaType: foreign })) }),
    );
    return true;
  };

  await expect(node.images.pull(registry.serve("app", image))).rejects.toThrow(
    /layer sha256:[0-9a-f]+ is of a kind that cannot be unpacked: "application\/vnd\.docker\.image\.rootfs\.foreign/,
  );
  expect(await node.files()).toEqual([]);
});

test("schema 1 is refused", async () => {
  registry.script = (_, response) => {
    response.writeHead(200, { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" });
    response.end('{"schemaVersion":1}');
    return true;
  };

  await expect(node.images.pull(`${registry.host}/old`)).rejects.toMatchObject({
    kind: "unsupported",
    message: expect.stringMatching(/schema 1/) as string,
  });
});
