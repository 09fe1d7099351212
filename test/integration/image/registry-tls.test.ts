import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { directoryIn } from "../../support/workspace.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { startScriptedRegistry } from "./scripted-registry.ts";
import { makeSelfSigned } from "./self-signed.ts";

const image = buildImage({ layers: [[{ path: "file", kind: "file" }]] });
let node: ImageNode;

beforeEach(async () => {
  node = await openImageNode();
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

describe("a registry over TLS", () => {
  async function pullWith(settings: string, options: { readonly wantsClient?: boolean } = {}): Promise<string> {
    const { key, cert } = makeSelfSigned();
    const directory = await directoryIn(node.workspace, "tls");
    await writeFile(path.join(directory, "key.pem"), key);
    await writeFile(path.join(directory, "cert.pem"), cert);
    await using secure = await startScriptedRegistry({
      tls: { key, cert, ...(options.wantsClient === true ? { ca: cert } : {}) },
    });
    secure.serve("app", image);
    const hosts = path.join(node.workspace.dir, "certs.d", "r.example");
    await mkdir(hosts, { recursive: true });
    await writeFile(
      path.join(hosts, "hosts.toml"),
      `server = "https://${secure.host}"\n${settings.replaceAll("TLS", directory)}`,
    );
    node = await node.reopen({ registryConfigDirs: [path.dirname(hosts)] });
    return await node.images.pull("r.example/app");
  }

  it("is trusted by its authority", async () => {
    expect(await pullWith('ca = "TLS/cert.pem"')).toBe(image.id);
  });

  it("is shown a client certificate", async () => {
    const settings = 'ca = "TLS/cert.pem"\nclient = [["TLS/cert.pem", "TLS/key.pem"]]';

    expect(await pullWith(settings, { wantsClient: true })).toBe(image.id);
  });

  it("need not be trusted when told so", async () => {
    expect(await pullWith("skip_verify = true")).toBe(image.id);
  });

  it("is refused when nobody vouches for it", async () => {
    await expect(pullWith("")).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/self-signed/) as string,
    });
  });
});
