import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import type { ExportRequest } from "#image";
import { type BuiltImage, buildImage, buildIndex } from "../../support/image.ts";
import { dockerArchiveFiles } from "../../support/image-archive.ts";
import { encodeTar, type TarEntry } from "../../support/tar.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

let node: ImageNode;
let registry: ScriptedRegistry;
let place = "";
let archive = "";

const layerOf = (name: string): readonly TarEntry[] => [{ path: name, kind: "file", body: name.repeat(50_000) }];
const image = buildImage({ layers: [layerOf("one"), layerOf("two"), layerOf("one")], user: "1000" });
const formats = ["oci", "docker"] as const;

beforeEach(async () => {
  registry = await startScriptedRegistry();
  node = await openImageNode();
  place = path.join(node.workspace.dir, "place");
  archive = path.join(place, "images.tar");
  await mkdir(place);
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

function exporting(
  names: readonly string[],
  overrides: Partial<ExportRequest> = {},
): ReturnType<ImageNode["images"]["export"]> {
  return node.images.export({ names, path: archive, output: "new", format: "oci", ...overrides });
}

function listOf(file: string): readonly string[] {
  return execFileSync("tar", ["--list", "--file", file], { encoding: "utf8" }).trim().split("\n");
}

function memberOf(file: string, member: string): Buffer {
  return execFileSync("tar", ["--extract", "--to-stdout", "--file", file, member], { maxBuffer: 1e8 });
}

/** What another node gets out of the archive. */
async function imported(file: string): Promise<unknown> {
  await using other = await openImageNode();
  await other.images.import(file);
  return other.images.list().map(({ id, repoTags, layers }) => ({ id, repoTags, layers: layers.length }));
}

async function refusalOf(act: Promise<unknown>): Promise<unknown> {
  const error = await act.then(
    () => "no refusal",
    (thrown: unknown) => thrown,
  );
  expect(await readdir(place)).toEqual([]);
  expect((await node.files()).filter((file) => file.startsWith("blobs/ingest/"))).toEqual([]);
  return error;
}

function layersFetched(of: BuiltImage): number {
  const digests = of.blobs.slice(1).map(({ digest }) => digest);
  return registry.requests.filter((line) => digests.some((digest) => line.includes(digest))).length;
}

describe.each(formats)("an archive in the format %s", (format) => {
  it.each([true, false])("gives the same image to another node, blobs kept: %s", async (keepBlobs) => {
    node = await node.reopen({ keepBlobs });
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const before = layersFetched(image);

    const exported = await exporting([name], { format });

    expect(exported).toEqual([{ id: image.id, names: [name] }]);
    expect(await imported(archive)).toEqual([{ id: image.id, repoTags: [name], layers: 3 }]);
    // The first and the last layer are the same blob.
    expect(layersFetched(image) - before).toBe(keepBlobs ? 0 : 2);
    expect((await node.files()).filter((file) => file.startsWith("blobs/ingest/"))).toEqual([]);
  });

  it("holds several images, and what they share once", async () => {
    const other = buildImage({ layers: [layerOf("one"), layerOf("three")] });
    const names = [registry.serve("app", image), registry.serve("other", other)];
    for (const name of names) await node.images.pull(name);

    await exporting(names, { format });

    const members = listOf(archive);
    expect(new Set(members).size).toBe(members.length);
    expect(await imported(archive)).toEqual(
      expect.arrayContaining([
        { id: image.id, repoTags: [names[0]], layers: 3 },
        { id: other.id, repoTags: [names[1]], layers: 2 },
      ]),
    );
  });

  it("has this machine's image of an index", async () => {
    const index = buildIndex([{ architecture: "s390x", layers: [layerOf("other")] }, { layers: [layerOf("own")] }]);
    const name = registry.serve("app", index);
    await node.images.pull(name);

    await exporting([name], { format });

    expect(await imported(archive)).toEqual([{ id: index.id, repoTags: [name], layers: 1 }]);
  });

  it("comes from an image that came out of an archive, when blobs are kept", async () => {
    node = await node.reopen({ keepBlobs: true });
    await writeFile(archive, encodeTar(dockerArchiveFiles(image, ["app:v1", "app:v2"])));
    await node.images.import(archive);

    await exporting([image.id], { format });

    const repoTags = ["docker.io/library/app:v1", "docker.io/library/app:v2"];
    expect(await imported(archive)).toEqual([{ id: image.id, repoTags, layers: 3 }]);
  });
});

describe("an archive", () => {
  it("of docker's format has the layers unpacked, each with the digest that the configuration names", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);

    await exporting([name], { format: "docker" });

    const [entry] = JSON.parse(memberOf(archive, "manifest.json").toString()) as {
      readonly Config: string;
      readonly Layers: readonly string[];
    }[];
    const config = memberOf(archive, entry?.Config ?? "");
    const { rootfs } = JSON.parse(config.toString()) as { readonly rootfs: { readonly diff_ids: readonly string[] } };
    const digests = entry?.Layers.map((layer) => digestOf(memberOf(archive, layer)));
    expect([digestOf(config), digests]).toEqual([image.id, rootfs.diff_ids]);
  });

  it("of OCI's format names its images as the specification and as containerd have it", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);

    await exporting([name]);

    expect(JSON.parse(memberOf(archive, "index.json").toString())).toMatchObject({
      schemaVersion: 2,
      manifests: [
        {
          digest: image.top.digest,
          platform: { os: "linux" },
          annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": "latest" },
        },
      ],
    });
  });

  it("replaces a file, and is readable by its owner only", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    await writeFile(archive, "old");

    await exporting([name]);

    expect(execFileSync("stat", ["--format=%a", archive], { encoding: "utf8" })).toBe("600\n");
    expect(listOf(archive)).toContain("oci-layout");
  });

  it("comes from the second registry when the first does not have the layers any more", async () => {
    const [first, second] = [registry.serve("first", image), registry.serve("second", image)];
    await node.images.pull(first);
    await node.images.pull(second);
    registry.script = refuseBlobsOf("first");

    await exporting([first]);

    expect(await imported(archive)).toEqual([{ id: image.id, repoTags: [first], layers: 3 }]);
  });
});

describe("an archive for a pipe", () => {
  let readers: ChildProcess[] = [];

  afterEach(() => {
    for (const child of readers) child.kill("SIGKILL");
    readers = [];
  });

  /** A program whose standard input is a pipe, as a shell makes one, and the path of its writing end. */
  async function reader(command: string): Promise<{ readonly child: ChildProcess; readonly path: string }> {
    const fifo = path.join(place, "pipe");
    execFileSync("mkfifo", [fifo]);
    // Opening for both waits for nobody.
    const child = spawn("sh", ["-c", `exec 3<>${fifo}; echo ready; exec 3<&-; exec ${command} < ${fifo}`]);
    readers.push(child);
    await once(child.stdout, "data");
    return { child, path: fifo };
  }

  it("goes through it whole", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const copy = path.join(node.workspace.dir, "copy.tar");
    const { child, path: pipe } = await reader(`cat > ${copy}`);
    const ended = once(child, "exit");

    await exportWhenRead(name, pipe);
    await ended;

    expect(await imported(copy)).toEqual([{ id: image.id, repoTags: [name], layers: 3 }]);
  });

  it("is added to the end of a file that is there", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    await writeFile(archive, "before");

    await exporting([name], { output: "in-place" });

    const whole = await readFile(archive);
    expect(whole.subarray(0, 6).toString()).toBe("before");
    await writeFile(archive, whole.subarray(6));
    expect(await imported(archive)).toHaveLength(1);
  });

  /** Until the reader has opened it, nobody reads the pipe. */
  async function exportWhenRead(name: string, pipe: string, signal?: AbortSignal): Promise<void> {
    const request = { names: [name], path: pipe, output: "in-place", format: "docker" } as const;
    for (;;) {
      try {
        await node.images.export(request, signal === undefined ? {} : { signal });
        return;
      } catch (error) {
        if (!/nobody reads it/.test(String(error))) throw error;
      }
    }
  }

  it("is refused when nobody reads it", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const pipe = path.join(node.workspace.dir, "pipe");
    execFileSync("mkfifo", [pipe]);

    const error = await refusalOf(exporting([name], { path: pipe, output: "in-place" }));

    expect(error).toMatchObject({ kind: "wrong-state", message: expect.stringMatching(/nobody reads it/) as string });
  });

  it("ends when it is cancelled while the reader takes nothing", async () => {
    const name = registry.serve("app", buildImage({ layers: [layerOf("large".repeat(10))] }));
    node = await node.reopen({ keepBlobs: true });
    await node.images.pull(name);
    const got = path.join(node.workspace.dir, "got");
    const { path: pipe } = await reader(`sh -c 'head --bytes 1 > ${got}; exec sleep 60'`);
    const stop = new AbortController();
    const error = exportWhenRead(name, pipe, stop.signal).catch((thrown: unknown) => thrown);
    await waitFor("the reader to take a byte", async () => (await stat(got).catch(() => undefined))?.size === 1);

    stop.abort(new Fault("canceled", "enough"));

    expect(await error).toMatchObject({ kind: "canceled" });
  });
});

describe("an export is refused, and leaves nothing behind,", () => {
  it("for an image that is not here", async () => {
    expect(await refusalOf(exporting(["nowhere:1"]))).toMatchObject({
      kind: "not-found",
      message: `export to ${archive}: image nowhere:1: not on this node`,
    });
  });

  it("for an image out of an archive whose layers are not kept", async () => {
    const source = path.join(node.workspace.dir, "source.tar");
    await writeFile(source, encodeTar(dockerArchiveFiles(image, ["app:v1"])));
    await node.images.import(source);

    const error = await refusalOf(exporting(["app:v1"]));

    expect(error).toMatchObject({
      kind: "not-found",
      message: expect.stringMatching(/layer sha256:\w+ is not kept .*images\.keep_blobs.* no registry/) as string,
    });
  });

  it("when the registry does not answer any more", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    await registry[Symbol.asyncDispose]();

    expect(await refusalOf(exporting([name]))).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(
        /layer sha256:\w+ is not kept .*images\.keep_blobs.*ECONNREFUSED|refused/,
      ) as string,
    });
  });

  it.each(formats)("when the registry has another blob by now, in the format %s", async (format) => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const length = image.blobs[2]?.bytes.length ?? 0;
    registry.script = ({ url }, response) => {
      if (!url?.includes(image.blobs[2]?.digest ?? "")) return false;
      response.writeHead(200, { "content-length": length }).end(Buffer.alloc(length, 7));
      return true;
    };

    expect(await refusalOf(exporting([name], { format }))).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(new RegExp(`layer ${image.blobs[2]?.digest}: .*wrong digest`)) as string,
    });
  });

  it("when a kept blob was damaged", async () => {
    node = await node.reopen({ keepBlobs: true });
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const digest = image.blobs[1]?.digest ?? "";
    await writeFile(path.join(node.root, "blobs", digest.replace(":", "/")), image.blobs[2]?.bytes ?? "");

    expect(await refusalOf(exporting([name]))).toMatchObject({ kind: "invalid" });
  });

  it("when it is cancelled while a layer is fetched", async () => {
    const name = registry.serve("app", image);
    await node.images.pull(name);
    const stop = new AbortController();
    registry.script = ({ url }, response) => {
      if (!url?.includes(image.blobs[2]?.digest ?? "")) return false;
      response.writeHead(200, { "content-length": 1000 }).write("some");
      stop.abort(new Fault("canceled", "enough"));
      return true;
    };

    const request = { names: [name], path: archive, output: "new", format: "oci" } as const;

    expect(await refusalOf(node.images.export(request, { signal: stop.signal }))).toMatchObject({ kind: "canceled" });
  });

  it.each([
    ["images.tar", /not absolute/],
    ["/dev/null", /no plain file/],
    ["/nowhere/images.tar", /no such file or directory/],
  ])("for the path %s", async (wanted, problem) => {
    const name = registry.serve("app", image);
    await node.images.pull(name);

    const error = await refusalOf(exporting([name], { path: wanted }));

    expect((error as Error).message).toMatch(problem);
  });
});

describe("an export", () => {
  it("keeps what it needs while an image is removed", async () => {
    const kept = registry.serve("kept", image);
    const other = buildImage({ layers: [layerOf("other")] });
    const fetched = registry.serve("fetched", other);
    node = await node.reopen({ keepBlobs: true });
    await node.images.pull(kept);
    node = await node.reopen({ keepBlobs: false });
    await node.images.pull(fetched);
    registry.script = async () => {
      await node.images.remove(kept);
      return false;
    };

    await exporting([fetched, kept]);

    expect(node.images.find(kept)).toBeUndefined();
    expect(await imported(archive)).toHaveLength(2);
    await node.images.remove(fetched);
    expect(await node.files()).toEqual([]);
  });
});

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function refuseBlobsOf(name: string): ScriptedRegistry["script"] {
  return ({ url }, response) => {
    if (!url?.startsWith(`/v2/${name}/blobs/`)) return false;
    response.writeHead(404).end();
    return true;
  };
}
