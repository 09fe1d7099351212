import { assert, jsonValue, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { decodeManifest } from "./manifest.ts";

const digest = `sha256:${"0".repeat(64)}`;
const descriptor = { mediaType: "application/x", digest, size: 3 };
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

function decode(document: unknown, contentType = ""): ReturnType<typeof decodeManifest> {
  return decodeManifest(Buffer.from(JSON.stringify(document)), contentType);
}

function manifestWith(config: unknown): object {
  return { mediaType: ociManifest, config };
}

describe("decodeManifest()", () => {
  it("reads an image's manifest", () => {
    const manifest = decode({ schemaVersion: 2, mediaType: ociManifest, config: descriptor, layers: [descriptor] });

    const expected = { mediaType: "application/x", digest, sizeBytes: 3 };
    expect(manifest).toEqual({
      kind: "manifest",
      mediaType: ociManifest,
      config: expected,
      layers: [expected],
      annotations: {},
    });
  });

  it("reads a manifest list with its platforms", () => {
    const platform = { os: "linux", architecture: "arm64", variant: "v8" };

    const index = decode({ manifests: [{ ...descriptor, platform }] }, `${dockerList}; charset=utf-8`);

    expect(index).toMatchObject({ kind: "index", manifests: [{ digest, platform }] });
  });

  it("tells the kind by the members when nobody names it", () => {
    expect(decode({ schemaVersion: 2, config: descriptor, layers: null }, "application/json").kind).toBe("manifest");
    expect(decode({ schemaVersion: 2, manifests: [] }, "text/plain").kind).toBe("index");
  });

  it.each([
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, "unsupported", /schema 1/],
    ["an unknown type", { mediaType: "application/vnd.example" }, "unsupported", /unknown media type/],
    ["an empty object", {}, "unsupported", /no known kind/],
    ["one that is both", { config: descriptor, manifests: [], layers: [] }, "unsupported", /no known kind/],
    ["no config", { mediaType: ociManifest, layers: [] }, "invalid", /manifest.config is not an object/],
    ["a bad digest", manifestWith({ ...descriptor, digest: "sha256:x" }), "invalid", /config.digest "sha256:x"/],
    ["a bad size", manifestWith({ ...descriptor, size: -1 }), "invalid", /config.size is not a whole number/],
    ["501 layers", { ...manifestWith(descriptor), layers: Array(501).fill(descriptor) }, "invalid", /501 layers/],
  ])("refuses %s", (_, document, kind, problem) => {
    expect(attempt(() => decode(document))).toMatchObject({ kind, message: expect.stringMatching(problem) as string });
  });

  it("refuses what is too large, or not JSON", () => {
    expect(() => decodeManifest(Buffer.alloc(4 * 1024 * 1024 + 1, " "), ociManifest)).toThrow(/more than the 4194304/);
    expect(() => decodeManifest(Buffer.from("{"), ociManifest)).toThrow(/not JSON/);
    expect(() => decodeManifest(Buffer.from([0x7b, 0xff, 0x7d]), ociManifest)).toThrow(/not JSON/);
  });

  it("answers any JSON with a manifest or a fault", () => {
    assert(
      property(jsonValue(), (value) => {
        const outcome = attempt(() => decode(value, ociManifest));
        expect(outcome).toSatisfy((it: unknown) => it instanceof Fault || (it as { kind?: string }).kind !== undefined);
      }),
    );
  });
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
