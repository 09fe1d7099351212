import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { parseReference } from "#spec";
import { type EndpointFiles, findEndpoints } from "./endpoints.ts";

const sources = { registryConfigDirs: ["/one", "/two"], registriesConf: "/r.conf" };
let texts: Record<string, string>;

const files: EndpointFiles = {
  readText: (path) => {
    const text = texts[path];
    return text === undefined ? Promise.reject(new Fault("not-found", path)) : Promise.resolve(text);
  },
  read: async (path) => Buffer.from(await files.readText(path)),
  list: (directory) =>
    Promise.resolve(
      Object.keys(texts)
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1))
        .toSorted(),
    ),
};

async function addressesOf(name: string): Promise<readonly string[]> {
  const endpoints = await findEndpoints(parseReference(name), sources, files);
  return endpoints.map(({ settings, path }) => `${settings.baseUrl}/${path}`);
}

beforeEach(() => {
  texts = {};
});

describe("findEndpoints()", () => {
  it("is the registry itself when nothing speaks of it", async () => {
    expect(await addressesOf("r.example/a")).toEqual(["https://r.example/v2/a"]);
    expect(await addressesOf("busybox")).toEqual(["https://registry-1.docker.io/v2/library/busybox"]);
  });

  it("is what registries.conf says, mirrors first", async () => {
    texts["/r.conf"] = `
      [[registry]]
      prefix = "docker.io/library"
      location = "hub.example/library"
      mirror = [{ location = "m.example/lib" }]`;

    expect(await addressesOf("busybox")).toEqual([
      "https://m.example/v2/lib/busybox",
      "https://hub.example/v2/library/busybox",
    ]);
    expect(await addressesOf("someone/app")).toEqual(["https://registry-1.docker.io/v2/someone/app"]);
  });

  it("lets drop-ins replace what the file says, in order of name", async () => {
    texts = {
      "/r.conf": `registry = [{ prefix = "r.example", location = "one.example" }]`,
      "/r.conf.d/20.conf": `registry = [{ prefix = "r.example", location = "three.example" }]`,
      "/r.conf.d/10.conf": `registry = [{ prefix = "r.example", location = "two.example" }]`,
      "/r.conf.d/30.conf.bak": "not TOML",
    };

    expect(await addressesOf("r.example/a")).toEqual(["https://three.example/v2/a"]);
  });

  it("asks an insecure place with TLS first, then without", async () => {
    texts["/r.conf"] = `registry = [{ location = "r.example", insecure = true }]`;

    const endpoints = await findEndpoints(parseReference("r.example/a"), sources, files);

    expect(endpoints).toMatchObject([
      { settings: { baseUrl: "https://r.example/v2" }, tls: { mustVerify: false }, isRegistry: true },
      { settings: { baseUrl: "http://r.example/v2" }, isRegistry: true, isPlainTwin: true },
    ]);
  });

  it("prefers a registry's own hosts.toml, then registries.conf, then _default", async () => {
    texts["/one/_default/hosts.toml"] = `server = "https://default.example"`;
    expect(await addressesOf("r.example/a")).toEqual(["https://default.example/v2/a"]);

    texts["/r.conf"] = `registry = [{ prefix = "r.example", location = "conf.example" }]`;
    expect(await addressesOf("r.example/a")).toEqual(["https://conf.example/v2/a"]);

    texts["/one/r.example/hosts.toml"] = `server = "https://own.example"`;
    expect(await addressesOf("r.example/a")).toEqual(["https://own.example/v2/a"]);
  });

  it("refuses what registries.conf blocks, whatever hosts.toml says", async () => {
    texts["/r.conf"] = `registry = [{ prefix = "*.evil.example", blocked = true }]`;
    texts["/one/a.evil.example/hosts.toml"] = `server = "https://own.example"`;

    await expect(addressesOf("a.evil.example/x")).rejects.toMatchObject({
      kind: "denied",
      message: "images of *.evil.example are blocked by /r.conf",
    });
  });

  it("never asks the registry when hosts.toml says so", async () => {
    texts["/two/r.example/hosts.toml"] = `fallback = false\n[host."https://m.example"]`;

    expect(await addressesOf("r.example/a")).toEqual(["https://m.example/v2/a"]);
  });

  it.each([
    ["/r.conf", "x", /^read \/r\.conf: registries\.conf is not TOML/],
    ["/r.conf.d/1.conf", "[registries]", /^read \/r\.conf\.d\/1\.conf: registries has the retired version 1/],
    ["/one/_default/hosts.toml", "server = 3", /^read \/one\/_default\/hosts\.toml: server is not a text/],
  ])("names the file that is wrong: %s", async (path, text, problem) => {
    texts[path] = text;

    await expect(addressesOf("r.example/a")).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(problem) as string,
    });
  });
});
