import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Blob, type BuiltImage, buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

const noAuth = { username: "", password: "", auth: "", serverAddress: "", identityToken: "", registryToken: "" };

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

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): true {
  response.writeHead(status, headers).end();
  return true;
}

/** The same image with one of its contents changed, but not its digest. */
function forged(digest: string, change: (bytes: Buffer) => Buffer): BuiltImage {
  const forge = (blob: Blob): Blob =>
    blob.digest === digest ? { ...blob, bytes: change(Buffer.from(blob.bytes)) } : blob;
  return { ...image, top: forge(image.top), blobs: image.blobs.map(forge) };
}

describe("authentication", () => {
  /** Wants a token from its own token server, which wants a password. */
  function wantToken(): void {
    registry.script = (request, response) => {
      if (request.url?.startsWith("/token") === true) {
        if (request.method === "GET" && request.headers.authorization !== `Basic ${btoa("user:secret")}`)
          return refuse(response, 401);
        response.end(JSON.stringify({ token: "the-token" }));
        return true;
      }
      if (request.headers.authorization === "Bearer the-token") return false;
      const challenge = `Bearer realm="http://${registry.host}/token",service="test",scope="repository:app:pull"`;
      return refuse(response, 401, { "www-authenticate": challenge });
    };
  }

  it.each([
    ["username and password", { username: "user", password: "secret" }],
    ["auth", { auth: btoa("user:secret") }],
    ["an identity token", { identityToken: "refresh" }],
    ["a registry token", { registryToken: "the-token" }],
  ])("gets in by token with %s", async (_, auth) => {
    wantToken();

    expect(await node.images.pull(registry.serve("app", image), { auth: { ...noAuth, ...auth } })).toBe(image.id);
    expect(registry.requests.filter((line) => line.startsWith("GET /token")).length).toBeLessThanOrEqual(1);
  });

  it("asks for the token that the challenge describes", async () => {
    wantToken();

    await node.images.pull(registry.serve("app", image), { auth: { ...noAuth, username: "user", password: "secret" } });

    expect(registry.requests).toContain("GET /token?service=test&scope=repository%3Aapp%3Apull");
  });

  it("gets in by basic authentication, sent only after the challenge", async () => {
    registry.script = (request, response) => {
      if (request.headers.authorization === `Basic ${btoa("user:secret")}`) return false;
      return refuse(response, 401, { "www-authenticate": 'Basic realm="x"' });
    };

    await node.images.pull(registry.serve("app", image), { auth: { ...noAuth, username: "user", password: "secret" } });

    expect(registry.headers[0]?.authorization).toBeUndefined();
  });

  it.each([
    ["no credentials", undefined],
    ["wrong ones", { ...noAuth, username: "user", password: "wrong" }],
    ["ones for another registry", { ...noAuth, username: "user", password: "secret", serverAddress: "other.example" }],
  ])("is denied with %s", async (_, auth) => {
    wantToken();

    const pull = node.images.pull(registry.serve("app", image), auth === undefined ? {} : { auth });

    await expect(pull).rejects.toMatchObject({
      kind: "denied",
      message: expect.stringMatching(/status 401/) as string,
    });
  });

  it("does not take the credentials along when it is redirected to another host", async () => {
    await using storage = await startScriptedRegistry();
    storage.serve("app", image);
    registry.script = (request, response) => {
      if (request.headers.authorization === undefined)
        return refuse(response, 401, { "www-authenticate": 'Basic realm="x"' });
      if (request.url?.includes("/blobs/") !== true) return false;
      return refuse(response, 307, { location: `http://${storage.host}${request.url}?signature=secret` });
    };

    const id = await node.images.pull(registry.serve("app", image), {
      auth: { ...noAuth, username: "user", password: "p" },
    });

    expect(id).toBe(image.id);
    expect(storage.headers).toHaveLength(2);
    expect(storage.headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it("keeps joined callers with different credentials apart", async () => {
    wantToken();
    const reference = registry.serve("app", image);

    const [good, bad] = await Promise.allSettled([
      node.images.pull(reference, { auth: { ...noAuth, username: "user", password: "secret" } }),
      node.images.pull(reference, { auth: { ...noAuth, username: "user", password: "wrong" } }),
    ]);

    expect([good.status, bad.status]).toEqual(["fulfilled", "rejected"]);
  });

  it("wants to be let in again for an image that is here", async () => {
    const reference = registry.serve("app", image);
    await node.images.pull(reference);
    registry.script = (_, response) => refuse(response, 403);

    await expect(node.images.pull(reference)).rejects.toMatchObject({ kind: "denied" });
  });
});

describe("an image that is here", () => {
  it("is asked about once, without its manifest, and not fetched again", async () => {
    const reference = registry.serve("app", image);
    await node.images.pull(reference);
    const before = registry.requests.length;

    expect(await node.images.pull(reference)).toBe(image.id);
    expect(registry.requests.slice(before)).toEqual(["HEAD /v2/app/manifests/latest"]);
  });

  it("shares its layers with another name of it", async () => {
    await node.images.pull(registry.serve("app", image));
    await node.images.pull(registry.serve("other", image));

    expect(registry.requests.filter((line) => line.includes(layer.digest))).toHaveLength(1);
    expect(node.images.list().map(({ repoTags }) => repoTags)).toEqual([
      [`${registry.host}/app:latest`, `${registry.host}/other:latest`],
    ]);
  });
});

describe("a registry in trouble", () => {
  it.each([429, 500, 503])("is asked again after %i, as late as it wants", async (status) => {
    let refusals = 2;
    registry.script = (_, response) => {
      refusals -= 1;
      return refusals >= 0 && refuse(response, status, { "retry-after": "0" });
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("is given up when it does not recover", async () => {
    registry.script = (_, response) => refuse(response, 503);

    await expect(node.images.pull(registry.serve("app", image))).rejects.toMatchObject({ kind: "unavailable" });
    expect(registry.requests).toHaveLength(4);
  });

  it("is not waited for longer than is sensible", async () => {
    registry.script = (_, response) => refuse(response, 429, { "retry-after": "86400" });

    await expect(node.images.pull(registry.serve("app", image))).rejects.toThrow(/status 429/);
    expect(registry.requests).toHaveLength(1);
  });

  it("loses nothing when it breaks a download off: the rest is asked for", async () => {
    const breaks = [500_000, 700_000];
    registry.script = (request, response) => {
      const length = request.url?.includes(layer.digest) === true ? breaks.shift() : undefined;
      if (length === undefined) return false;
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(from === 0 ? 200 : 206, { "content-length": layer.bytes.length - from });
      response.write(layer.bytes.subarray(from, from + length), () => response.destroy());
      return true;
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
    const ranges = registry.headers.map(({ range }) => range).filter((range) => range !== undefined);
    expect(ranges).toHaveLength(2);
  });

  it("may send a layer in thousands of small chunks", async () => {
    registry.script = (request, response) => {
      if (request.url?.includes(layer.digest) !== true) return false;
      response.writeHead(200);
      for (let at = 0; at < layer.bytes.length; at += 997) response.write(layer.bytes.subarray(at, at + 997));
      response.end();
      return true;
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("may know no ranges", async () => {
    let isFirst = true;
    registry.script = (request, response) => {
      if (request.url?.includes(layer.digest) !== true) return false;
      response.writeHead(200, { "content-length": layer.bytes.length });
      if (isFirst) response.write(layer.bytes.subarray(0, 300_000), () => response.destroy());
      else response.end(layer.bytes);
      isFirst = false;
      return true;
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("times out when it sends nothing any more", async () => {
    node = await node.reopen({ noProgressTimeoutMs: 100, maxRetries: 0 });
    registry.script = (request, response) => {
      if (request.url?.includes(layer.digest) !== true) return false;
      response.writeHead(200, { "content-length": layer.bytes.length });
      response.write(layer.bytes.subarray(0, 1000));
      return true;
    };

    await expect(node.images.pull(registry.serve("app", image))).rejects.toMatchObject({
      kind: "timed-out",
      message: expect.stringMatching(/layer sha256:\w+: download: .* sent nothing for 0.1 s/) as string,
    });
    expect(await node.files()).toEqual([]);
  });

  it("is left when it redirects in a circle", async () => {
    registry.script = (request, response) => refuse(response, 302, { location: request.url ?? "" });

    await expect(node.images.pull(registry.serve("app", image))).rejects.toThrow(/status 302/);
    expect(registry.requests).toHaveLength(6);
  });
});

describe("a large layer", () => {
  const rangeBytes = 256 * 1024;

  it("is fetched in parts side by side, each byte once", async () => {
    node = await node.reopen({ rangeBytes, maxRangesPerLayer: 3, fastBytesPerMs: Number.POSITIVE_INFINITY });
    const { promise: isCrowded, resolve: crowd } = Promise.withResolvers<void>();
    let inParts = 0;
    registry.script = async (request) => {
      if (request.headers.range === undefined || request.headers.range === "bytes=0-262143") return false;
      inParts += 1;
      if (inParts === 2) crowd();
      await isCrowded;
      return false;
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);

    const ranges = registry.headers.flatMap(({ range }) => (range === undefined ? [] : [range]));
    expect(new Set(ranges).size).toBe(Math.ceil(layer.bytes.length / rangeBytes));
    expect(ranges).toHaveLength(new Set(ranges).size);
  });

  it.each([
    ["sends the whole instead", 200],
    ["refuses parts", 416],
  ])("is fetched from a registry that %s", async (_, status) => {
    node = await node.reopen({ rangeBytes, fastBytesPerMs: Number.POSITIVE_INFINITY });
    registry.script = (request, response) => {
      if (request.headers.range === undefined) return false;
      response.writeHead(status, status === 200 ? { "content-length": layer.bytes.length } : {});
      response.end(status === 200 ? layer.bytes : undefined);
      return true;
    };

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it("is refused when a part is another one than was asked for", async () => {
    node = await node.reopen({ rangeBytes, fastBytesPerMs: Number.POSITIVE_INFINITY });
    registry.script = (request, response) => {
      if (request.headers.range === undefined) return false;
      response.writeHead(206, { "content-range": `bytes 7-${rangeBytes + 6}/${layer.bytes.length}` });
      response.end(layer.bytes.subarray(7, rangeBytes + 7));
      return true;
    };

    await expect(node.images.pull(registry.serve("app", image))).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/was asked for bytes from \d+ on, and sends "bytes 7-/) as string,
    });
    expect(await node.files()).toEqual([]);
  });

  it("is dropped as a whole when one part cannot be had", async () => {
    node = await node.reopen({ rangeBytes, maxRetries: 0, fastBytesPerMs: Number.POSITIVE_INFINITY });
    registry.script = (request, response) =>
      request.headers.range?.startsWith("bytes=524288-") === true && refuse(response, 404);

    await expect(node.images.pull(registry.serve("app", image))).rejects.toMatchObject({ kind: "not-found" });
    expect(await node.files()).toEqual([]);
  });
});

describe("content that is not what it should be", () => {
  it.each([
    [
      "a layer with a wrong byte",
      forged(layer.digest, flipLast),
      /layer sha256:\w+: unpack: (?:blob has the wrong digest|gzip stream is damaged)/,
    ],
    [
      "a layer that is cut off",
      forged(layer.digest, (bytes) => bytes.subarray(0, 1000)),
      /layer sha256:\w+: download: blob has the wrong size/,
    ],
    [
      "a layer that is too long",
      forged(layer.digest, (bytes) => Buffer.concat([bytes, bytes])),
      /layer sha256:\w+: download: blob has the wrong size/,
    ],
    ["another config", forged(config.digest, flipLast), /config sha256:\w+: document has the wrong digest/],
  ])("refuses %s", async (_, forgedImage, problem) => {
    const error = await node.images.pull(registry.serve("app", forgedImage)).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: "invalid", message: expect.stringMatching(problem) as string });
    expect(await node.files()).toEqual([]);
  });

  it("refuses another manifest than the digest names", async () => {
    registry.serve(
      "app",
      forged(image.top.digest, (bytes) => Buffer.concat([bytes, Buffer.from(" ")])),
    );

    await expect(node.images.pull(`${registry.host}/app@${image.top.digest}`)).rejects.toThrow(
      /manifest has the wrong digest/,
    );
  });

  it("refuses a layer that unpacks to something else than the config says", async () => {
    const lying = buildImage({ layers: [[{ path: "x", kind: "file" }]] });
    const swapped = swapLayer(lying, layer);

    await expect(node.images.pull(registry.serve("app", swapped))).rejects.toThrow(
      /unpacked archive has the wrong digest/,
    );
    expect(await node.files()).toEqual([]);
  });

  it("reads no more of a manifest than one may have", async () => {
    registry.script = (_, response) => {
      response.writeHead(200);
      response.end(Buffer.alloc(5 * 1024 * 1024, " "));
      return true;
    };

    await expect(node.images.pull(`${registry.host}/huge`)).rejects.toThrow(/more than 4194304 bytes/);
  });
});

function flipLast(bytes: Buffer): Buffer {
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return bytes;
}

/** An image whose manifest names another layer than its config. */
function swapLayer(built: BuiltImage, other: Blob): BuiltImage {
  const manifest = JSON.parse(built.top.bytes.toString()) as { layers: unknown[] };
  manifest.layers = [{ mediaType: other.mediaType, digest: other.digest, size: other.bytes.length }];
  return {
    ...built,
    top: { ...built.top, bytes: Buffer.from(JSON.stringify(manifest)) },
    blobs: [...built.blobs, other],
  };
}
