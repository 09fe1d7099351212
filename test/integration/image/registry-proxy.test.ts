import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseProxyRules } from "#spec";
import { buildImage } from "../../support/image.ts";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type ScriptedProxy, startScriptedProxy } from "./scripted-proxy.ts";
import { type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";
import { makeSelfSigned } from "./self-signed.ts";

const image = buildImage({ layers: [[{ path: "file", kind: "file" }]] });

let node: ImageNode;
let plain: ScriptedRegistry;
let secure: ScriptedRegistry;
let proxy: ScriptedProxy;

beforeEach(async () => {
  node = await openImageNode();
  plain = await startScriptedRegistry();
  secure = await startScriptedRegistry({ tls: makeSelfSigned() });
  plain.serve("app", image);
  secure.serve("app", image);
  proxy = await startScriptedProxy({ "plain.test": plain.host, "secure.test:443": secure.host });
});

afterEach(async () => {
  for (const one of [proxy, secure, plain, node]) await one[Symbol.asyncDispose]();
});

/** Lets the node ask plain.test and secure.test through the proxy at an address. */
async function useProxy(address: string, noProxy = ""): Promise<void> {
  const settings = { "plain.test": 'server = "http://plain.test"', "secure.test": "skip_verify = true" };
  const directory = path.join(node.workspace.dir, "certs.d");
  for (const [host, text] of Object.entries(settings)) {
    await mkdir(path.join(directory, host), { recursive: true });
    await writeFile(path.join(directory, host, "hosts.toml"), text);
  }
  const proxies = parseProxyRules({ httpProxy: address, httpsProxy: address, noProxy });
  node = await node.reopen({ registryConfigDirs: [directory], proxies, maxRetries: 0 });
}

function pullError(reference: string): Promise<unknown> {
  return node.images.pull(reference).catch((thrown: unknown) => thrown);
}

describe("a proxy", () => {
  it("is asked for whole addresses of plain HTTP, with its credentials, which go no further", async () => {
    await useProxy(`http://me:secret@${proxy.host}`);

    expect(await node.images.pull("plain.test/app")).toBe(image.id);

    expect(proxy.requests[0]).toBe("GET http://plain.test/v2/app/manifests/latest");
    expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${btoa("me:secret")}`]));
  });

  it("is asked for tunnels to what has TLS, which are kept", async () => {
    await useProxy(`http://me:secret@${proxy.host}`);

    expect(await node.images.pull("secure.test/app")).toBe(image.id);

    expect(proxy.requests).toEqual(["CONNECT secure.test:443"]);
    expect(proxy.authorizations).toEqual([`Basic ${btoa("me:secret")}`]);
    expect(secure.headers.filter((headers) => "proxy-authorization" in headers)).toEqual([]);
  });

  it("is not asked for loopback, nor for exceptions", async () => {
    await useProxy(proxy.host, "plain.test");

    expect(await node.images.pull(`${plain.host}/app`)).toBe(image.id);
    await pullError("plain.test/app");
    expect(proxy.requests).toEqual([]);
  });

  it.each([
    [
      "plain.test/app",
      407,
      /^pull plain\.test\/app:latest: manifest: http:\/\/plain\.test\/v2\/app\/manifests\/latest: status 407$/,
    ],
    [
      "secure.test/app",
      407,
      /^RegistryUnavailable: pull secure\S+: manifest: https:\S+: the proxy http:\/\/127\.0\.0\.1:\d+: no connection to secure\.test:443: status 407$/,
    ],
    ["secure.test/app", 503, /no connection to secure\.test:443: status 503$/],
  ])("that refuses is named, without its credentials: %s, %i", async (reference, status, problem) => {
    await useProxy(`http://me:secret@${proxy.host}`);
    proxy.refusal = status;

    const error = (await pullError(reference)) as Error;

    expect(error.message).toMatch(problem);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/secret|bWU6/);
  });

  it.each(["plain.test/app", "secure.test/app"])("that is dead is named for %s", async (reference) => {
    const dead = `127.0.0.1:${await freeLoopbackPort()}`;
    await useProxy(`http://me:secret@${dead}`);

    expect(await pullError(reference)).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`the proxy http://${dead}: connection refused`) as string,
    });
  });

  it("that says nothing is given up", async () => {
    proxy.isSilent = true;
    await useProxy(`http://${proxy.host}`);
    node = await node.reopen({ connectTimeoutMs: 200, noProgressTimeoutMs: 200 });

    expect(await pullError("secure.test/app")).toMatchObject({
      message: expect.stringMatching(/no connection to secure\.test through the proxy \S+ within 0\.2 s$/) as string,
    });
    expect(await pullError("plain.test/app")).toMatchObject({
      message: expect.stringMatching(/sent nothing for 0\.2 s$/) as string,
    });
  });
});
