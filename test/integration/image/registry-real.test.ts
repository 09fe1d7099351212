import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { pushImage } from "../../support/push.ts";
import { type Registry, startRegistry } from "../../support/registry.ts";
import { openWorkspace } from "../../support/workspace.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { makeSelfSigned } from "./self-signed.ts";

const image = buildImage({ layers: [[{ path: "file", kind: "file", body: "some" }]] });
const none = { username: "", password: "", auth: "", serverAddress: "", identityToken: "", registryToken: "" };
const auth = { ...none, username: "kate", password: "U*U" };
const wrong = { ...none, username: "kate", password: "secret-but-wrong" };
/** The password above, as bcrypt has it: registries take no other form. */
const htpasswd = "kate:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";
const owned = new AsyncDisposableStack();
let registry: Registry;
let cert = "";
let node: ImageNode;

/** Debian's docker-registry with all that it can ask for: its own authority's TLS, and basic authentication. */
beforeAll(async () => {
  const workspace = owned.use(await openWorkspace("rr"));
  await using open = await startRegistry(workspace);
  await pushImage(open, "team/app:v1", image);
  const tls = makeSelfSigned();
  cert = tls.cert;
  // Over the same content.
  registry = owned.use(await startRegistry(workspace, { tls, htpasswd }));
});

afterAll(() => owned.disposeAsync());

beforeEach(async () => {
  node = await openImageNode();
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

const trust = (): Promise<void> => configure('ca = "ca.pem"');

async function configure(settings: string): Promise<void> {
  const directory = path.join(node.workspace.dir, "certs.d", registry.host);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, "ca.pem"), cert);
  await writeFile(path.join(directory, "hosts.toml"), `server = "${registry.url}"\n${settings}\n`);
  node = await node.reopen({ registryConfigDirs: [path.dirname(directory)] });
}

describe("a docker-registry with TLS and basic authentication", () => {
  const name = (): string => `${registry.host}/team/app:v1`;

  it.each([
    ["username and password", auth],
    ["both, joined", { ...none, auth: Buffer.from(`${auth.username}:${auth.password}`).toString("base64") }],
  ])("gives its images to %s", async (_, credentials) => {
    await trust();

    expect(await node.images.pull(name(), { auth: credentials })).toBe(image.id);
    expect(node.images.find(name())?.repoDigests).toEqual([`${registry.host}/team/app@${image.top.digest}`]);
  });

  it("gives its images to the operator's auth file", async () => {
    await trust();
    const authFile = path.join(node.workspace.dir, "auth.json");
    const entry = { auth: Buffer.from(`${auth.username}:${auth.password}`).toString("base64") };
    await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: entry } }));
    node = await node.reopen({ authFile });

    expect(await node.images.pull(name())).toBe(image.id);
  });

  it.each([
    ["wrong credentials", wrong],
    ["nobody", undefined],
  ])("refuses %s, which the message does not repeat", async (_, credentials) => {
    await trust();

    const error: unknown = await node.images
      .pull(name(), credentials === undefined ? {} : { auth: credentials })
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ kind: "denied", message: expect.stringMatching(/^pull .*401/) as string });
    expect(String(error)).not.toMatch(/secret-but-wrong|U\*U/);
    expect(node.images.list()).toEqual([]);
  });

  it("is not asked for anything while nobody vouches for it", async () => {
    await configure("");

    await expect(node.images.pull(name(), { auth })).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^RegistryUnavailable: .*self-signed/) as string,
    });
  });
});
