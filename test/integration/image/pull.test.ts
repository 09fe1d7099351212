import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type BuiltImage, buildImage, buildIndex } from "../../support/image.ts";
import { pushImage } from "../../support/push.ts";
import { type Registry, startRegistry } from "../../support/registry.ts";
import type { TarEntry } from "../../support/tar.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";

let shared: Workspace;
let registry: Registry;
let node: ImageNode;

beforeAll(async () => {
  shared = await openWorkspace("ir");
  registry = await startRegistry(shared);
});

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await shared.close();
});

beforeEach(async () => {
  node = await openImageNode();
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

function layerOf(name: string, body: string | Buffer = name): readonly TarEntry[] {
  return [{ path: name, kind: "file", body }];
}

/** An image that no other test has, of these layers. */
function imageOf(...layers: readonly (readonly TarEntry[])[]): BuiltImage {
  return buildImage({ layers, labels: { unique: randomBytes(8).toString("hex") } });
}

describe("pull from a real registry", () => {
  it.each(["oci", "docker"] as const)("brings an image of %s format, and says all about it", async (format) => {
    const built = buildImage({
      format,
      layers: [layerOf("one"), layerOf("two")],
      user: "1000",
      env: ["A=1"],
      entrypoint: ["/one"],
      labels: { format },
    });
    const pushed = await pushImage(registry, `formats/${format}:v1`, built);

    const id = await node.images.pull(pushed.reference);

    expect(id).toBe(built.id);
    expect(node.images.find(pushed.reference)).toMatchObject({
      id: built.id,
      repoTags: [pushed.reference],
      repoDigests: [pushed.digestReference],
      config: { user: "1000", env: ["A=1"], entrypoint: ["/one"], labels: { format } },
      isPinned: false,
    });
    const layers = node.images.find(id)?.layers.map((chainId) => node.store.layers.find(chainId)?.directory ?? "");
    expect(await readFile(path.join(layers?.[0] ?? "", "one"), "utf8")).toBe("one");
    expect(await readFile(path.join(layers?.[1] ?? "", "two"), "utf8")).toBe("two");
  });

  it("chooses this machine's image of an index", async () => {
    const foreign = { architecture: "s390x", layers: [layerOf("s390x")] };
    const index = buildIndex([foreign, { layers: [layerOf("own")] }]);
    const pushed = await pushImage(registry, "index:v1", index);

    expect(await node.images.pull(pushed.reference)).toBe(index.id);
    expect(node.images.find(index.id)?.repoDigests).toEqual([pushed.digestReference]);
  });

  it("refuses an image for other machines, naming those", async () => {
    const pushed = await pushImage(
      registry,
      "foreign:v1",
      buildIndex([{ architecture: "s390x" }, { architecture: "riscv64" }]),
    );

    await expect(node.images.pull(pushed.reference)).rejects.toMatchObject({
      kind: "unsupported",
      message: expect.stringContaining("linux/s390x, linux/riscv64") as string,
    });
  });

  it("pulls by digest, without a tag", async () => {
    const pushed = await pushImage(registry, "by-digest:v1", imageOf(layerOf("f")));

    const id = await node.images.pull(pushed.digestReference);

    expect(node.images.find(id)).toMatchObject({ repoTags: [], repoDigests: [pushed.digestReference] });
  });

  it("finds an image by every name", async () => {
    const pushed = await pushImage(registry, "names:latest", imageOf(layerOf("f")));
    await node.images.pull(pushed.reference);
    const hex = pushed.id.replace("sha256:", "");

    const names = [
      `${registry.host}/names`,
      pushed.reference,
      pushed.digestReference,
      `${pushed.reference}@${pushed.digestReference.split("@")[1]}`,
      pushed.id,
      hex,
      hex.slice(0, 6),
      `sha256:${hex.slice(0, 12)}`,
    ];

    expect(names.map((name) => node.images.find(name)?.id)).toEqual(names.map(() => pushed.id));
    const unknown = [
      "",
      "names",
      hex.slice(0, 5),
      `sha256:${"0".repeat(64)}`,
      `${registry.host}/names:other`,
      "no reference!",
    ];
    expect(unknown.map((name) => node.images.find(name))).toEqual(unknown.map(() => undefined));
  });

  it("moves a tag, and keeps the old image without it", async () => {
    const before = await pushImage(registry, "moving:v1", imageOf(layerOf("old")));
    await node.images.pull(before.reference);
    const after = await pushImage(registry, "moving:v1", imageOf(layerOf("new")));

    expect(await node.images.pull(after.reference)).toBe(after.id);
    expect(node.images.find(after.reference)?.id).toBe(after.id);
    expect(node.images.find(before.id)).toMatchObject({ repoTags: [], repoDigests: [before.digestReference] });
  });

  it("joins pulls of one image, and layers that two images share", async () => {
    const base = layerOf("base", randomBytes(3_000_000));
    const one = await pushImage(registry, "share-one:v1", imageOf(base, layerOf("one")));
    const two = await pushImage(registry, "share-two:v1", imageOf(base, layerOf("two")));

    const ids = await Promise.all([one, two, one].map(({ reference }) => node.images.pull(reference)));

    expect(ids).toEqual([one.id, two.id, one.id]);
    expect((await node.files()).filter((name) => /^layers\/[^/]+$/.test(name))).toHaveLength(3);
  });

  it("gives directories that a layer only passes through the attributes from below", async () => {
    const base: readonly TarEntry[] = [{ path: "tmp", kind: "directory", mode: 0o1777, uid: 7 }];
    const pushed = await pushImage(registry, "implied:v1", imageOf(base, [{ path: "tmp/x/y", kind: "file" }]));
    const id = await node.images.pull(pushed.reference);
    const layers = node.images.find(id)?.layers.map((chainId) => node.store.layers.find(chainId)?.directory ?? "");

    const tmp = await node.host.files.stat(path.join(layers?.[1] ?? "", "tmp"));

    expect(tmp).toMatchObject({ mode: 0o1777, uid: 7 });
  });

  it("mounts an image's layers as one writable tree", async () => {
    const base: readonly TarEntry[] = [
      ...layerOf("kept"),
      ...layerOf("removed"),
      { path: "d/old", kind: "file", body: "" },
    ];
    const top: readonly TarEntry[] = [...layerOf(".wh.removed"), ...layerOf("d/.wh..wh..opq"), ...layerOf("d/new")];
    const pushed = await pushImage(registry, "mounted:v1", imageOf(base, top));
    const id = await node.images.pull(pushed.reference);
    const target = path.join(node.workspace.dir, "rootfs");
    await node.store.snapshots.prepare("box", node.images.find(id)?.layers ?? []);

    await node.store.snapshots.mount("box", target);
    const shown = [await node.host.files.list(target), await node.host.files.list(path.join(target, "d"))];
    await writeFile(path.join(target, "kept"), "changed");
    await node.store.snapshots.unmount(target);

    expect(shown).toEqual([["d", "kept"], ["new"]]);
    expect((await node.store.snapshots.usage("box")).inodes).toBe(2n);
    await node.images.remove(id);
    expect(node.images.list()).toEqual([]);
    expect((await node.files()).filter((name) => name.startsWith("layers/"))).not.toEqual([]);
    await node.store.snapshots.remove("box");
    await node.store.collectGarbage();
    expect(await node.files()).toEqual([]);
  });

  it("keeps compressed layers when told to", async () => {
    node = await node.reopen({ keepBlobs: true });
    const built = imageOf(layerOf("f"));
    const pushed = await pushImage(registry, "kept:v1", built);
    await node.images.pull(pushed.reference);
    await node.store.collectGarbage();

    const kept = (await node.files()).filter((name) => name.startsWith("blobs/sha256/"));

    expect(kept.toSorted()).toEqual(
      [built.top, ...built.blobs].map(({ digest }) => `blobs/${digest.replace(":", "/")}`).toSorted(),
    );
  });
});

describe("images over restarts", () => {
  it("are there again, with all their names", async () => {
    const pushed = await pushImage(registry, "restart:v1", imageOf(layerOf("f")));
    await node.images.pull(pushed.reference);
    const before = node.images.list();

    node = await node.reopen({ pinnedImages: [pushed.reference] });

    expect(node.images.list()).toEqual(before.map((image) => ({ ...image, isPinned: true })));
    expect(node.images.find(pushed.reference)?.id).toBe(pushed.id);
    expect(node.images.usage()).toMatchObject({ mountpoint: node.root });
    expect(node.images.usage().usedBytes).toBeGreaterThan(4096n);
  });

  it("are dropped and pulled anew when a layer is lost", async () => {
    const pushed = await pushImage(registry, "lost:v1", imageOf(layerOf("f"), layerOf("g")));
    const id = await node.images.pull(pushed.reference);
    const [lost] = node.images.find(id)?.layers ?? [];
    await node.host.files.remove(
      path.dirname(lost === undefined ? "" : (node.store.layers.find(lost)?.directory ?? "")),
    );

    node = await node.reopen();

    expect(node.images.list()).toEqual([]);
    expect(node.warnings).toEqual([
      expect.stringContaining("layers were lost"),
      expect.stringContaining("images have lost layers"),
    ]);
    expect(await node.images.pull(pushed.reference)).toBe(id);
  });
});

describe("removing an image", () => {
  it("drops all its names and files; an unknown one is success", async () => {
    const built = imageOf(layerOf("f"));
    const pushed = await pushImage(registry, "removed:v1", built);
    await pushImage(registry, "removed:v2", built);
    await node.images.pull(pushed.reference);
    await node.images.pull(`${registry.host}/removed:v2`);
    expect(node.images.list()).toHaveLength(1);

    await node.images.remove(`${registry.host}/removed:v2`);
    await node.images.remove(pushed.id);
    await node.images.remove("never-here");

    expect(node.images.list()).toEqual([]);
    expect(await node.files()).toEqual([]);
  });

  it("keeps layers that a container uses, until a collection finds that it has gone", async () => {
    node = await node.reopen({ collectAfterMs: 20 });
    const pushed = await pushImage(registry, "used:v1", imageOf(layerOf("used")));
    const id = await node.images.pull(pushed.reference);
    const layers = node.images.find(id)?.layers ?? [];
    await node.store.snapshots.prepare("user", layers);

    await node.images.remove(id);
    await node.store.collectGarbage();
    const whileUsed = layers.map((layer) => node.store.layers.find(layer) !== undefined);
    await node.store.snapshots.remove("user");

    expect(whileUsed).toEqual([true]);
    await vi.waitFor(async () => expect(await node.files()).toEqual([]), { timeout: 20_000 });
  });

  it("keeps layers that another image has", async () => {
    const one = await pushImage(registry, "keep-one:v1", imageOf(layerOf("base"), layerOf("one")));
    const two = await pushImage(registry, "keep-two:v1", imageOf(layerOf("base"), layerOf("two")));
    await node.images.pull(one.reference);
    await node.images.pull(two.reference);

    await node.images.remove(one.id);

    expect(node.images.find(two.id)?.layers.map((layer) => node.store.layers.find(layer) !== undefined)).toEqual([
      true,
      true,
    ]);
    expect((await node.files()).filter((name) => /^layers\/[^/]+$/.test(name))).toHaveLength(2);
  });
});

describe("a pull that cannot be", () => {
  it("is not found when the registry does not know the image", async () => {
    await expect(node.images.pull(`${registry.host}/nowhere:v1`)).rejects.toMatchObject({
      kind: "not-found",
      message: `pull ${registry.host}/nowhere:v1: manifest: http://${registry.host}/v2/nowhere/manifests/v1: status 404, MANIFEST_UNKNOWN: manifest unknown`,
    });
  });

  it("says RegistryUnavailable first when the registry is down", async () => {
    await expect(node.images.pull("127.0.0.1:1/app:v1")).rejects.toMatchObject({
      kind: "unavailable",
      message:
        "RegistryUnavailable: pull 127.0.0.1:1/app:v1: manifest: http://127.0.0.1:1/v2/app/manifests/v1: connection refused",
    });
  });

  it("is invalid when the reference is", async () => {
    await expect(node.images.pull("Not A Reference")).rejects.toMatchObject({ kind: "invalid" });
  });
});

describe("mirrors from hosts.toml", () => {
  async function configure(host: string, text: string): Promise<void> {
    const directory = path.join(node.workspace.dir, "certs.d", host);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, "hosts.toml"), text);
  }

  beforeEach(async () => {
    node = await node.reopen({
      registryConfigDirs: [path.join(node.workspace.dir, "nowhere"), path.join(node.workspace.dir, "certs.d")],
    });
  });

  it("serve an image of any registry, under its own name", async () => {
    const pushed = await pushImage(registry, "library/mirrored:1", imageOf(layerOf("f")));
    await configure(
      "docker.io",
      `server = "http://127.0.0.1:1"\n[host."http://${registry.host}"]\ncapabilities = ["pull", "resolve"]`,
    );

    expect(await node.images.pull("mirrored:1")).toBe(pushed.id);
    expect(node.images.find("mirrored:1")?.repoTags).toEqual(["docker.io/library/mirrored:1"]);
  });

  it("are asked in order, and the next one serves when one is dead", async () => {
    const pushed = await pushImage(registry, "team/app:1", imageOf(layerOf("f")));
    await configure("r.example", `[host."http://127.0.0.1:1"]\n[host."http://${registry.host}"]`);

    expect(await node.images.pull("r.example/team/app:1")).toBe(pushed.id);
  });

  it("are read anew at each pull, and _default stands for every registry", async () => {
    const pushed = await pushImage(registry, "any/app:1", imageOf(layerOf("f")));
    await configure("_default", 'server = "http://127.0.0.1:1"');
    await expect(node.images.pull("other.example/any/app:1")).rejects.toThrow(/RegistryUnavailable/);

    await configure("_default", `fallback = false\n[host."http://${registry.host}"]`);

    expect(await node.images.pull("other.example/any/app:1")).toBe(pushed.id);
  });

  it("do not serve what they may not: the error lists all that were asked", async () => {
    await configure(
      "r.example:5000",
      `server = "http://127.0.0.1:1"\n[host."http://${registry.host}"]\n[host."http://127.0.0.1:2"]\ncapabilities = ["pull"]`,
    );

    const error = await node.images.pull("r.example:5000/a:1").catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: "unavailable" });
    expect((error as Error).message).toBe(
      `RegistryUnavailable: pull r.example:5000/a:1: manifest: http://${registry.host}/v2/a/manifests/1: status 404, MANIFEST_UNKNOWN: manifest unknown; http://127.0.0.1:1/v2/a/manifests/1: connection refused`,
    );
  });

  it("name the file and the key when the configuration is wrong", async () => {
    await configure("r.example", '[host."https://m"]\nskip_verify = 1');

    await expect(node.images.pull("r.example/a:1")).rejects.toThrow(
      /certs.d\/r.example\/hosts.toml: host."https:\/\/m".skip_verify/,
    );
  });
});
