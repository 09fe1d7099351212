import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Blob, buildImage } from "../../support/image.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;
const image = buildImage({
  layers: ["a", "b", "c"].map((name) => [{ path: name, kind: "file", body: randomBytes(1_000_000) }]),
});
const [config, first, , last] = image.blobs as [Blob, Blob, Blob, Blob];

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** Lets another process pull into the node's store, which is closed meanwhile, and kills it when told. */
async function pullUntil(killed: (child: ChildProcess) => Promise<unknown>): Promise<void> {
  await node.close();
  const script = new URL("./pull-until-killed.ts", import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(script), node.root, registry.serve("app", image)], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: path.join(import.meta.dirname, "../../.."),
  });
  const exited = once(child, "exit");
  try {
    await killed(child);
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  node = await node.reopen();
  await node.store.collectGarbage();
}

/** Resolves when the registry is asked for a content, which is then sent by half only. */
function stallsAt(digest: string): Promise<void> {
  const reached = Promise.withResolvers<void>();
  registry.script = (request, response) => {
    const content = image.blobs.find((blob) => blob.digest === digest);
    if (content === undefined || request.url?.includes(digest) !== true) return false;
    response.writeHead(200, { "content-length": content.bytes.length });
    response.write(content.bytes.subarray(0, content.bytes.length / 2), () => reached.resolve());
    return true;
  };
  return reached.promise;
}

/** Layers that are complete. */
async function layersIn(root: string): Promise<readonly string[]> {
  return (await readdir(path.join(root, "layers"))).filter((name) => /^\d+$/.test(name));
}

describe("a daemon that is killed while it pulls", () => {
  it.each([
    ["the config", config.digest, 0],
    ["the first layer", first.digest, 2],
    ["the last layer", last.digest, 2],
  ])("leaves nothing behind when it was at %s", async (_, digest, finished) => {
    const stalled = stallsAt(digest);

    await pullUntil(async () => {
      await stalled;
      await waitFor("the other layers", async () => (await layersIn(node.root)).length === finished);
    });

    expect(node.images.list()).toEqual([]);
    expect(await node.files()).toEqual([]);
    registry.script = () => false;
    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("keeps the image when the pull was done", async () => {
    await pullUntil((child) => once(child.stdout as NodeJS.ReadableStream, "data"));

    expect(node.images.list().map(({ id }) => id)).toEqual([image.id]);
    expect(await layersIn(node.root)).toHaveLength(3);
    registry.script = () => false;
    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
    expect(registry.requests.filter((line) => line.includes(last.digest))).toHaveLength(1);
  });
});
