import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ImageId } from "#foundation";
import { type BuiltImage, buildImage, buildIndex } from "../../support/image.ts";
import { type PushedImage, pushImage } from "../../support/push.ts";
import { type Registry, startRegistry } from "../../support/registry.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { startScriptedRegistry } from "./scripted-registry.ts";
import {
  type GpgSigner,
  layOut,
  makeSigstoreSigner,
  openGpgSigner,
  type SigstoreSigner,
  sigstoreImage,
  sigstoreTag,
  simplePayload,
} from "./signing.ts";

let shared: Workspace;
let registry: Registry;
let signer: GpgSigner;
let stranger: GpgSigner;
let node: ImageNode;
let places: { policyFile: string; policyDir: string; lookaside: string; registriesDir: string };
const sigstore = makeSigstoreSigner();

beforeAll(async () => {
  shared = await openWorkspace("sg");
  registry = await startRegistry(shared);
  signer = await openGpgSigner(shared, "signer");
  stranger = await openGpgSigner(shared, "stranger");
});

afterAll(async () => {
  await stranger[Symbol.asyncDispose]();
  await signer[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await shared.close();
});

beforeEach(async () => {
  const dir = path.join(shared.dir, randomBytes(4).toString("hex"));
  places = {
    policyFile: path.join(dir, "policy.json"),
    policyDir: path.join(dir, "policies"),
    lookaside: path.join(dir, "lookaside"),
    registriesDir: path.join(dir, "registries.d"),
  };
  for (const made of [places.policyDir, places.lookaside, places.registriesDir]) await mkdir(made, { recursive: true });
  await writeLookaside(`file://${places.lookaside}`);
  node = await openImageNode({
    signatures: {
      policyFile: places.policyFile,
      policyDir: places.policyDir,
      lookasideDirs: [places.registriesDir],
      scratchDirectory: path.join(dir, "scratch"),
    },
  });
});

afterEach(async () => {
  const scratch = path.join(path.dirname(places.policyFile), "scratch");
  await node[Symbol.asyncDispose]();
  expect(await readdir(scratch).catch(() => [])).toEqual([]);
});

async function writeLookaside(base: string): Promise<void> {
  await writeFile(path.join(places.registriesDir, "default.yaml"), `default-docker:\n  lookaside: ${base}\n`);
}

async function writePolicy(requirements: readonly object[], file = places.policyFile): Promise<void> {
  await writeFile(
    file,
    JSON.stringify({ default: [{ type: "reject" }], transports: { docker: { [registry.host]: requirements } } }),
  );
}

function signedBy(key: string, identity?: object): object {
  const signedIdentity = identity === undefined ? {} : { signedIdentity: identity };
  return { type: "signedBy", keyType: "GPGKeys", keyPath: key, ...signedIdentity };
}

function sigstoreSigned({ publicKey }: SigstoreSigner, identity?: object): object {
  const signedIdentity = identity === undefined ? {} : { signedIdentity: identity };
  return { type: "sigstoreSigned", keyData: Buffer.from(publicKey).toString("base64"), ...signedIdentity };
}

/** An image that no other test has, in the registry. */
async function push(
  name = `app-${randomBytes(4).toString("hex")}`,
): Promise<PushedImage & { readonly name: string; readonly image: BuiltImage }> {
  const image = buildImage({ layers: [[{ path: "file", kind: "file", body: name }]], labels: { unique: name } });
  return { ...(await pushImage(registry, `${name}:v1`, image)), name, image };
}

async function pushSigstore(app: { name: string }, signature: BuiltImage, manifest: string): Promise<void> {
  await pushImage(registry, `${app.name}:${sigstoreTag(manifest)}`, signature);
}

const accept = [{ type: "insecureAcceptAnything" }];

describe("signedBy", () => {
  it("lets in what the key signed", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await layOut(places.lookaside, app.image, [await signer.sign(simplePayload(claim))], app.name);
    await writePolicy([signedBy(signer.publicKey)]);

    expect(await node.images.pull(app.reference)).toBe(app.id);
    expect(await node.images.pull(app.digestReference)).toBe(app.id);
  });

  it("takes the one good signature among others, from a web server", async () => {
    await using server = await startScriptedRegistry();
    const app = await push();
    const payload = simplePayload({ digest: app.image.top.digest, reference: app.reference });
    const all = [await stranger.sign(payload), Buffer.from("garbage"), await signer.sign(payload)];
    server.script = (request, response) => {
      const number = Number(/^\/sigs\/.*@sha256=[0-9a-f]{64}\/signature-(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
      response.writeHead(all[number - 1] === undefined ? 404 : 200).end(all[number - 1]);
      return true;
    };
    await writeLookaside(`http://${server.host}/sigs/`);
    await writePolicy([signedBy(signer.publicKey)]);

    expect(await node.images.pull(app.reference)).toBe(app.id);
    expect(server.requests).toHaveLength(4);
  });

  const refusals: readonly [string, (app: Awaited<ReturnType<typeof push>>) => Promise<readonly Buffer[]>, RegExp][] = [
    ["without a signature", async () => [], /a signature is wanted, and none exists$/],
    [
      "signed by another key",
      async ({ image, reference }) => [await stranger.sign(simplePayload({ digest: image.top.digest, reference }))],
      /no key of the policy made it/,
    ],
    [
      "whose signature is of another manifest",
      async ({ image, reference }) => [await signer.sign(simplePayload({ digest: image.id, reference }))],
      /it is of the manifest sha256:/,
    ],
    [
      "whose signature is for another name",
      async ({ image }) => [
        await signer.sign(simplePayload({ digest: image.top.digest, reference: "docker.io/library/other:v1" })),
      ],
      /it is for the name "docker.io\/library\/other:v1", which does not satisfy matchRepoDigestOrExact/,
    ],
    [
      "whose signature was changed",
      async ({ image, reference }) => {
        const signed = await signer.sign(simplePayload({ digest: image.top.digest, reference }));
        signed[signed.length - 20] = (signed[signed.length - 20] ?? 0) ^ 1;
        return [signed];
      },
      /signature-1: /,
    ],
    [
      "with the payload alone",
      async ({ image, reference }) => [simplePayload({ digest: image.top.digest, reference })],
      /it is no OpenPGP signature that can be checked/,
    ],
    [
      "whose signature unpacks to a flood",
      async () => [await signer.sign(Buffer.alloc(4_000_000, 32))],
      /it unpacks to more than/,
    ],
    [
      "whose signed payload is no claim",
      async () => [await signer.sign(Buffer.from("[]"))],
      /payload is not an object/,
    ],
  ];

  it.each(refusals)("refuses an image %s, and unpacks nothing", async (_, signaturesOf, problem) => {
    const app = await push();
    await layOut(places.lookaside, app.image, await signaturesOf(app), app.name);
    await writePolicy([signedBy(signer.publicKey)]);

    const pulled = node.images.pull(app.reference);

    await expect(pulled).rejects.toThrow(problem);
    await expect(pulled).rejects.toThrow(
      `SignatureValidationFailed: pull ${app.reference}: ${places.policyFile}: transports.docker["${registry.host}"][0] (signedBy): `,
    );
    expect(node.images.list()).toEqual([]);
    expect(await node.files()).toEqual([]);
  });

  it("refuses a tag that has moved from what was signed", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await layOut(places.lookaside, app.image, [await signer.sign(simplePayload(claim))], app.name);
    await writePolicy([signedBy(signer.publicKey)]);
    await node.images.pull(app.reference);
    const moved = buildImage({ layers: [[{ path: "evil", kind: "file", body: "evil" }]] });
    await pushImage(registry, `${app.name}:v1`, moved);
    await layOut(places.lookaside, moved, [await signer.sign(simplePayload(claim))], app.name);

    await expect(node.images.pull(app.reference)).rejects.toThrow(/it is of the manifest/);

    expect(node.images.find(app.reference)?.id).toBe(app.id);
  });

  it("says so when the server of signatures is away", async () => {
    const app = await push();
    await writeLookaside("http://127.0.0.1:1/sigs");
    await writePolicy([signedBy(signer.publicKey)]);

    await expect(node.images.pull(app.reference)).rejects.toThrow(
      /^SignatureValidationFailed: .*get a signature from http:\/\/127.0.0.1:1\/sigs\/.*ECONNREFUSED/,
    );
  });

  it("names the key that is not there", async () => {
    const app = await push();
    await layOut(places.lookaside, app.image, [Buffer.from("any")], app.name);
    await writePolicy([signedBy("/nowhere/key.asc")]);

    await expect(node.images.pull(app.reference)).rejects.toThrow("key /nowhere/key.asc");
  });
});

describe("sigstoreSigned", () => {
  it.each(["p256", "rsa", "ed25519"] as const)("lets in what a key of kind %s signed", async (kind) => {
    const app = await push();
    const key = makeSigstoreSigner(kind);
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await pushSigstore(app, sigstoreImage(claim, key), app.image.top.digest);
    await writePolicy([sigstoreSigned(key)]);

    expect(await node.images.pull(app.reference)).toBe(app.id);
  });

  it("lets in a signature without a tag when the repository is enough", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: `${registry.host}/${app.name}` };
    await pushSigstore(app, sigstoreImage(claim, sigstore), app.image.top.digest);
    await writePolicy([sigstoreSigned(sigstore)]);
    await expect(node.images.pull(app.reference)).rejects.toThrow(/does not satisfy matchRepoDigestOrExact/);

    await writePolicy([sigstoreSigned(sigstore, { type: "matchRepository" })]);

    expect(await node.images.pull(app.reference)).toBe(app.id);
  });

  it.each([
    ["without a signature", undefined, /a signature is wanted, and none exists$/],
    ["signed by another key", makeSigstoreSigner(), /no key of the policy made it/],
  ])("refuses an image %s", async (_, key, problem) => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    if (key !== undefined) await pushSigstore(app, sigstoreImage(claim, key), app.image.top.digest);
    await writePolicy([sigstoreSigned(sigstore)]);

    await expect(node.images.pull(app.reference)).rejects.toThrow(problem);
    expect(await node.files()).toEqual([]);
  });

  it("refuses a payload that was changed after it was signed", async () => {
    const app = await push();
    const claim = { digest: app.image.id, reference: app.reference };
    const tamper = (payload: Buffer): Buffer =>
      Buffer.from(payload.toString().replace(app.image.id, app.image.top.digest));
    await pushSigstore(app, sigstoreImage(claim, sigstore, tamper), app.image.top.digest);
    await writePolicy([sigstoreSigned(sigstore)]);

    await expect(node.images.pull(app.reference)).rejects.toThrow(/no key of the policy made it/);
  });

  it("wants this platform's manifest signed, not the index", async () => {
    const name = `index-${randomBytes(4).toString("hex")}`;
    const index = buildIndex([{ layers: [[{ path: "own", kind: "file", body: name }]] }]);
    const pushed = await pushImage(registry, `${name}:v1`, index);
    const own = index.manifests[0]?.digest ?? "";
    await writePolicy([sigstoreSigned(sigstore)]);
    const sign = async (digest: string): Promise<void> =>
      pushSigstore({ name }, sigstoreImage({ digest, reference: pushed.reference }, sigstore), digest);

    await sign(index.top.digest);
    await expect(node.images.pull(pushed.reference)).rejects.toThrow(/none exists/);

    await sign(own);
    expect(await node.images.pull(pushed.reference)).toBe(index.id);
    await node.images.assertAllowed(index.id as ImageId, { reference: pushed.digestReference, namespace: "" });
  });

  it("wants every requirement to hold", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await pushSigstore(app, sigstoreImage(claim, sigstore), app.image.top.digest);
    await writePolicy([sigstoreSigned(sigstore), signedBy(signer.publicKey)]);
    await expect(node.images.pull(app.reference)).rejects.toThrow(/\[1\] \(signedBy\): .*none exists/);

    await layOut(places.lookaside, app.image, [await signer.sign(simplePayload(claim))], app.name);

    expect(await node.images.pull(app.reference)).toBe(app.id);
  });
});

describe("the policy", () => {
  it("rejects a name before anything is asked", async () => {
    await using server = await startScriptedRegistry();
    await writeFile(places.policyFile, JSON.stringify({ default: [{ type: "reject" }] }));

    await expect(node.images.pull(server.serve("app", buildImage()))).rejects.toThrow(
      /^SignatureValidationFailed: pull .*: default\[0\] \(reject\): no image of this name is let in$/,
    );

    expect(server.requests).toEqual([]);
  });

  it.each([
    ["is not there", undefined, /policy.json: the file does not exist/],
    ["is no JSON", "{", /policy.json: the document is not JSON/],
    [
      "has an unknown key",
      '{"default":[{"type":"insecureAcceptAnything","x":1}]}',
      /default\[0\] has the unknown key "x"/,
    ],
  ])("lets nothing in when it %s", async (_, text, problem) => {
    const app = await push();
    await writePolicy(accept);
    const id = await node.images.pull(app.reference);
    if (text === undefined) await rm(places.policyFile);
    else await writeFile(places.policyFile, text);

    await expect(node.images.pull(app.reference)).rejects.toThrow(problem);
    await expect(node.images.assertAllowed(id, { reference: app.reference, namespace: "" })).rejects.toThrow(
      /^SignatureValidationFailed: use image /,
    );
  });

  it("of a namespace counts instead of the global one", async () => {
    const app = await push();
    await writePolicy(accept);
    await writePolicy([{ type: "reject" }], path.join(places.policyDir, "strict.json"));
    const id = await node.images.pull(app.reference, { namespace: "other" });

    await expect(node.images.pull(app.reference, { namespace: "strict" })).rejects.toThrow(/strict.json: .*\(reject\)/);

    const use = { reference: app.reference, namespace: "strict" };
    await expect(node.images.assertAllowed(id, use)).rejects.toThrow(/strict.json/);
    await node.images.assertAllowed(id, { ...use, namespace: "other" });
  });

  it("takes no path for a namespace", async () => {
    await writePolicy(accept);

    await expect(node.images.pull("127.0.0.1:1/app", { namespace: "../policy" })).rejects.toThrow(
      /"..\/policy" is no name of a namespace/,
    );
  });
});

describe("assertAllowed()", () => {
  it("checks the signatures of the pull against the policy of today, without the network", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await layOut(places.lookaside, app.image, [await signer.sign(simplePayload(claim))], app.name);
    await pushSigstore(app, sigstoreImage(claim, sigstore), app.image.top.digest);
    await writePolicy([signedBy(signer.publicKey), sigstoreSigned(sigstore)]);
    const id = await node.images.pull(app.reference);
    await rm(places.lookaside, { recursive: true });
    await writeLookaside("http://127.0.0.1:1");
    node = await node.reopen();
    const allowed = (reference: string): Promise<void> => node.images.assertAllowed(id, { reference, namespace: "" });

    for (const name of [app.reference, app.digestReference, id, ""]) await allowed(name);
    await writePolicy([signedBy(stranger.publicKey)]);

    await expect(allowed(app.reference)).rejects.toThrow(/no key of the policy made it/);
    await expect(allowed(id)).rejects.toThrow(/no key of the policy made it/);
  });

  it("refuses an image that was pulled when nothing had to be signed", async () => {
    const app = await push();
    await writePolicy(accept);
    const id = await node.images.pull(app.reference);

    await writePolicy([signedBy(signer.publicKey)]);

    await expect(node.images.assertAllowed(id, { reference: app.reference, namespace: "" })).rejects.toThrow(
      /none was kept when the image was pulled; pull it again$/,
    );
  });

  it("refuses a name that the image was not pulled by", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await layOut(places.lookaside, app.image, [await signer.sign(simplePayload(claim))], app.name);
    await writePolicy([signedBy(signer.publicKey)]);
    const id = await node.images.pull(app.reference);

    const use = { reference: `${registry.host}/other:v1`, namespace: "" };

    await expect(node.images.assertAllowed(id, use)).rejects.toThrow(/other:v1: a signature is wanted/);
  });

  it("leaves no signatures behind when the image goes", async () => {
    const app = await push();
    const claim = { digest: app.image.top.digest, reference: app.reference };
    await pushSigstore(app, sigstoreImage(claim, sigstore), app.image.top.digest);
    await writePolicy([sigstoreSigned(sigstore)]);
    await node.images.pull(app.reference);

    await node.images.remove(app.reference);

    expect(await node.files()).toEqual([]);
  });
});
