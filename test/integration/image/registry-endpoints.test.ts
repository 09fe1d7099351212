import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type Script, type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";
import { makeSelfSigned } from "./self-signed.ts";

const image = buildImage({ layers: [[{ path: "file", kind: "file" }]] });

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

/** Writes a file of the node's and returns its path. */
async function write(name: string, text: string): Promise<string> {
  const file = path.join(node.workspace.dir, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** Lets in whoever comes with this user name. */
function onlyFor(username: string): Script {
  return (request, response) => {
    if (request.headers.authorization === `Basic ${btoa(`${username}:p`)}`) return false;
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    return true;
  };
}

describe("registries.conf", () => {
  it("rewrites where an image is, under its own name, and is read anew at each pull", async () => {
    registry.serve("mirror/team/app", image);
    const file = await write("registries.conf", "");
    node = await node.reopen({ registriesConf: file });
    await write(
      "registries.conf",
      `registry = [{ prefix = "r.example/team", location = "${registry.host}/mirror/team" }]`,
    );

    const id = await node.images.pull("r.example/team/app:latest");

    expect(id).toBe(image.id);
    expect(node.images.find(id)?.repoTags).toEqual(["r.example/team/app:latest"]);
  });

  it("blocks at the next pull", async () => {
    const reference = registry.serve("app", image);
    node = await node.reopen({ registriesConf: await write("registries.conf", "") });
    await node.images.pull(reference);

    await write("registries.conf.d/block.conf", `registry = [{ location = "${registry.host}/app", blocked = true }]`);

    await expect(node.images.pull(reference)).rejects.toMatchObject({
      kind: "denied",
      message: expect.stringMatching(/^pull 127\S+: images of 127\S+\/app are blocked by /) as string,
    });
  });

  it("lets an insecure registry be without TLS, and with TLS that nobody vouches for", async () => {
    await using secure = await startScriptedRegistry({ tls: makeSelfSigned() });
    registry.serve("app", image);
    secure.serve("app", image);
    const table = (prefix: string, location: string): string =>
      `[[registry]]\nprefix = "${prefix}"\nlocation = "${location}"\ninsecure = true\n`;
    const text = table("plain.example", registry.host) + table("secure.example", secure.host);
    node = await node.reopen({ registriesConf: await write("registries.conf", text) });

    expect(await node.images.pull("plain.example/app")).toBe(image.id);
    expect(await node.images.pull("secure.example/app")).toBe(image.id);
  });

  it("asks a mirror for digests only", async () => {
    await using mirror = await startScriptedRegistry();
    mirror.serve("app", image);
    registry.serve("app", image);
    const text = `
      [[registry]]
      prefix = "r.example"
      location = "${registry.host}"
      mirror = [{ location = "${mirror.host}", pull-from-mirror = "digest-only" }]`;
    node = await node.reopen({ registriesConf: await write("registries.conf", text) });

    await node.images.pull("r.example/app:latest");
    expect(mirror.requests).toEqual([]);
    await node.images.pull(`r.example/app@${image.top.digest}`);
    expect(mirror.requests).toHaveLength(1);
  });
});

describe("the file with credentials", () => {
  it("is used by pulls that bring none, and read anew", async () => {
    const reference = registry.serve("app", image);
    registry.script = onlyFor("operator");
    const file = path.join(node.workspace.dir, "auth.json");
    node = await node.reopen({ authFile: file });
    await expect(node.images.pull(reference)).rejects.toMatchObject({ kind: "denied" });
    expect(node.warnings).toEqual(["registry credentials"]);

    await write("auth.json", JSON.stringify({ auths: { [registry.host]: { auth: btoa("operator:p") } } }));

    expect(await node.images.pull(reference)).toBe(image.id);
  });

  it("gives way to what the caller brings", async () => {
    const reference = registry.serve("app", image);
    registry.script = onlyFor("caller");
    const auths = { [registry.host]: { auth: btoa("operator:p") } };
    node = await node.reopen({ authFile: await write("auth.json", JSON.stringify({ auths })) });
    const auth = { password: "p", auth: "", serverAddress: "", identityToken: "", registryToken: "" };

    expect(await node.images.pull(reference, { auth: { ...auth, username: "caller" } })).toBe(image.id);
  });

  it("is named when it is broken", async () => {
    node = await node.reopen({ authFile: await write("auth.json", "{") });

    await expect(node.images.pull(registry.serve("app", image))).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/read \/\S+\/auth\.json: auth file is not JSON/) as string,
    });
  });
});

describe("hosts that give no answer", () => {
  /** A registry r.example with a dead mirror; returns the mirror's address. */
  async function deadMirror(isAlone = false): Promise<string> {
    const dead = `http://127.0.0.1:${await freeLoopbackPort()}`;
    const top = isAlone ? "fallback = false" : `server = "http://${registry.host}"`;
    const hosts = await write("certs.d/r.example/hosts.toml", `${top}\n[host."${dead}"]`);
    node = await node.reopen({ registryConfigDirs: [path.dirname(path.dirname(hosts))] });
    return dead;
  }

  it("are left out by the next pulls, and the failure lists them with all that was asked", async () => {
    const dead = await deadMirror();
    registry.serve("app", image);
    await node.images.pull("r.example/app");

    const error = await node.images.pull("r.example/none").catch((thrown: unknown) => thrown);

    const manifest = "/v2/none/manifests/latest";
    expect(error).toMatchObject({ kind: "not-found" });
    expect((error as Error).message).toMatch(
      new RegExp(
        `^pull r.example/none:latest: manifest: ${dead}${manifest}: not asked: connection refused \\d s ago, next try in \\d+ s; ` +
          `http://${registry.host}${manifest}: status 404, MANIFEST_UNKNOWN: manifest unknown$`,
      ),
    );
  });

  it("are asked anyway when nobody else is left, so that they are found again at once", async () => {
    const dead = await deadMirror(true);
    const first = await node.images.pull("r.example/app").catch((thrown: unknown) => thrown);
    expect(first).toMatchObject({
      kind: "unavailable",
      message: `RegistryUnavailable: pull r.example/app:latest: manifest: ${dead}/v2/app/manifests/latest: connection refused`,
    });

    await using back = await startScriptedRegistry({ port: Number(new URL(dead).port) });
    back.serve("app", image);

    expect(await node.images.pull("r.example/app")).toBe(image.id);
  });

  it("do not keep an image away that the registry was never to be asked for", async () => {
    await deadMirror(true);
    registry.serve("app", image);

    await expect(node.images.pull("r.example/app")).rejects.toMatchObject({ kind: "unavailable" });
    expect(registry.requests).toEqual([]);
  });

  it("are told from those that answer that they cannot now", async () => {
    registry.script = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    const reference = registry.serve("app", image);
    const pull = (): Promise<unknown> => node.images.pull(reference).catch((thrown: unknown) => thrown);
    await pull();

    expect(await pull()).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^RegistryUnavailable: pull 127\S+: manifest: http:\S+: status 503$/) as string,
    });
  });
});
