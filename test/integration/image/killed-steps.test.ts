import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

const shared = [{ path: "shared", kind: "file" as const, body: "shared" }];
const base = buildImage({ layers: [shared] });
const app = buildImage({ layers: [shared, [{ path: "own", kind: "file", body: "own" }]] });

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

/** Lets another process pull and remove the image until it kills itself at a step; says whether it did. */
async function diesAt(step: number): Promise<boolean> {
  await node.close();
  const script = fileURLToPath(new URL("./pull-until-step.ts", import.meta.url));
  const child = spawn(process.execPath, [script, node.root, registry.serve("app", app), String(step)], {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: path.join(import.meta.dirname, "../../.."),
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  expect([code, signal]).toEqual(signal === null ? [0, null] : [null, "SIGKILL"]);
  node = await node.reopen();
  await node.store.collectGarbage();
  return signal !== null;
}

/** A container's file system over a layer whose image is gone. */
async function makeBox(): Promise<string> {
  const id = await node.images.pull(registry.serve("base", base));
  const layers = node.images.find(id)?.layers ?? [];
  await node.store.snapshots.prepare("box", layers);
  await node.images.remove(id);
  return node.store.layers.find(layers[0] ?? ("" as never))?.directory ?? "";
}

/** Nothing but what is used, when the image is not here; all of it, when it is. */
async function inspect(used: string, baseline: readonly string[]): Promise<object> {
  const listed = node.images.list();
  return {
    used: await readFile(path.join(used, "shared"), "utf8"),
    files: listed.length === 0 ? await node.files() : baseline,
    lost: listed.flatMap(({ layers }) => layers).filter((it) => node.store.layers.find(it) === undefined),
  };
}

/** What is left once the image goes, as far as it came. That it can be pulled is seen from the next one, which dies later. */
async function filesAfterRemoval(): Promise<readonly string[]> {
  await node.images.remove(app.id);
  return node.files();
}

it("a daemon that is killed at any step of a pull or a removal leaves no orphan, and all that is in use", {
  timeout: 300_000,
}, async () => {
  const used = await makeBox();
  const baseline = await node.files();
  let step = 1;

  for (; await diesAt(step); step += 1) {
    expect({ step, ...(await inspect(used, baseline)) }).toEqual({ step, used: "shared", files: baseline, lost: [] });
    expect({ step, files: await filesAfterRemoval() }).toEqual({ step, files: baseline });
  }

  // The layer's directories, three documents, and the removal of all of that.
  expect(step).toBeGreaterThan(15);
  expect(await node.files()).toEqual(baseline);
});
