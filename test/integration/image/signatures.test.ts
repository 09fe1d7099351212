import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ImageId } from "#foundation";
import { buildImage, buildIndex } from "../../support/image.ts";
import { pushImage } from "../../support/push.ts";
import { startScriptedRegistry } from "./scripted-registry.ts";
import { type App, signedBy, sigstoreSigned, useSignedNode } from "./signed-node.ts";
import { makeSigstoreSigner, sigstoreImage, simplePayload } from "./signing.ts";

const signed = useSignedNode();
const sigstore = makeSigstoreSigner();

describe("signedBy", () => {
  it("lets in what the key signed", async () => {
    const app = await signed().push();
    await signed().signSimple(app);
    await signed().writePolicy([signedBy(signed().signer)]);

    expect(await signed().node.images.pull(app.reference)).toBe(app.id);
    expect(await signed().node.images.pull(app.digestReference)).toBe(app.id);
  });

  it("takes the one good signature among others, from a web server", async () => {
    await using server = await startScriptedRegistry();
    const app = await signed().push();
    const payload = simplePayload({ digest: app.image.top.digest, reference: app.reference });
    const all = [await signed().stranger.sign(payload), Buffer.from("garbage"), await signed().signer.sign(payload)];
    server.script = (request, response) => {
      const number = Number(/^\/sigs\/.*@sha256=[0-9a-f]{64}\/signature-(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
      response.writeHead(all[number - 1] === undefined ? 404 : 200).end(all[number - 1]);
      return true;
    };
    await signed().writeLookaside(`http://${server.host}/sigs/`);
    await signed().writePolicy([signedBy(signed().signer)]);

    expect(await signed().node.images.pull(app.reference)).toBe(app.id);
    expect(server.requests).toHaveLength(4);
  });

  const refusals: readonly [string, (app: App) => Promise<readonly Buffer[]>, RegExp][] = [
    ["without a signature", async () => [], /a signature is wanted, and none exists$/],
    [
      "signed by another key",
      async ({ image, reference }) => [
        await signed().stranger.sign(simplePayload({ digest: image.top.digest, reference })),
      ],
      /no key of the policy made it/,
    ],
    [
      "whose signature is of another manifest",
      async ({ image, reference }) => [await signed().signer.sign(simplePayload({ digest: image.id, reference }))],
      /it is of the manifest sha256:/,
    ],
    [
      "whose signature is for another name",
      async ({ image }) => [
        await signed().signer.sign(
          simplePayload({ digest: image.top.digest, reference: "docker.io/library/other:v1" }),
        ),
      ],
      /it is for the name "docker.io\/library\/other:v1", which does not satisfy matchRepoDigestOrExact/,
    ],
    [
      "whose signature was changed",
      async ({ image, reference }) => {
        const bytes = await signed().signer.sign(simplePayload({ digest: image.top.digest, reference }));
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        return [bytes];
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
      async () => [await signed().signer.sign(Buffer.alloc(4_000_000, 32))],
      /it unpacks to more than/,
    ],
    [
      "whose signed payload is no claim",
      async () => [await signed().signer.sign(Buffer.from("[]"))],
      /payload is not an object/,
    ],
  ];

  it.each(refusals)("refuses an image %s, and unpacks nothing", async (_, signaturesOf, problem) => {
    const app = await signed().push();
    await signed().lay(app, await signaturesOf(app));
    await signed().writePolicy([signedBy(signed().signer)]);

    const pulled = signed().node.images.pull(app.reference);

    await expect(pulled).rejects.toThrow(problem);
    await expect(pulled).rejects.toThrow(
      `SignatureValidationFailed: pull ${app.reference}: signatures: ${signed().policyFile}: transports.docker["${signed().registry.host}"][0] (signedBy): `,
    );
    expect(signed().node.images.list()).toEqual([]);
    expect(await signed().node.files()).toEqual([]);
  });

  it("refuses a tag that has moved from what was signed", async () => {
    const app = await signed().push();
    await signed().signSimple(app);
    await signed().writePolicy([signedBy(signed().signer)]);
    await signed().node.images.pull(app.reference);
    const moved = buildImage({ layers: [[{ path: "evil", kind: "file", body: "evil" }]] });
    await pushImage(signed().registry, `${app.name}:v1`, moved);
    await signed().lay(app, [await signed().signer.sign(simplePayload(app.claim))], moved);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(/it is of the manifest/);

    expect(signed().node.images.find(app.reference)?.id).toBe(app.id);
  });

  it("says so when the server of signatures is away", async () => {
    const app = await signed().push();
    await signed().writeLookaside("http://127.0.0.1:1/sigs");
    await signed().writePolicy([signedBy(signed().signer)]);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(
      /^SignatureValidationFailed: .*get a signature from http:\/\/127.0.0.1:1\/sigs\/.*ECONNREFUSED/,
    );
  });

  it("names the key that is not there", async () => {
    const app = await signed().push();
    await signed().lay(app, [Buffer.from("any")]);
    await signed().writePolicy([signedBy({ publicKey: "/nowhere/key.asc" })]);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow("key /nowhere/key.asc");
  });
});

describe("sigstoreSigned", () => {
  it.each(["p256", "rsa", "ed25519"] as const)("lets in what a key of kind %s signed", async (kind) => {
    const app = await signed().push();
    const key = makeSigstoreSigner(kind);
    await signed().signSigstore(app, app.claim, key);
    await signed().writePolicy([sigstoreSigned(key)]);

    expect(await signed().node.images.pull(app.reference)).toBe(app.id);
  });

  it("lets in a signature without a tag when the repository is enough", async () => {
    const app = await signed().push();
    const claim = { digest: app.image.top.digest, reference: `${signed().registry.host}/${app.name}` };
    await signed().signSigstore(app, claim, sigstore);
    await signed().writePolicy([sigstoreSigned(sigstore)]);
    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(/does not satisfy matchRepoDigestOrExact/);

    await signed().writePolicy([sigstoreSigned(sigstore, { type: "matchRepository" })]);

    expect(await signed().node.images.pull(app.reference)).toBe(app.id);
  });

  it.each([
    ["without a signature", undefined, /a signature is wanted, and none exists$/],
    ["signed by another key", makeSigstoreSigner(), /no key of the policy made it/],
  ])("refuses an image %s", async (_, key, problem) => {
    const app = await signed().push();
    if (key !== undefined) await signed().signSigstore(app, app.claim, key);
    await signed().writePolicy([sigstoreSigned(sigstore)]);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(problem);
    expect(await signed().node.files()).toEqual([]);
  });

  it("refuses a payload that was changed after it was signed", async () => {
    const app = await signed().push();
    const claim = { digest: app.image.id, reference: app.reference };
    const tamper = (payload: Buffer): Buffer =>
      Buffer.from(payload.toString().replace(app.image.id, app.image.top.digest));
    await signed().attach(app, app.image.top.digest, sigstoreImage(claim, sigstore, tamper));
    await signed().writePolicy([sigstoreSigned(sigstore)]);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(/no key of the policy made it/);
  });

  it("wants this platform's manifest signed, not the index", async () => {
    const name = `index-${randomBytes(4).toString("hex")}`;
    const index = buildIndex([{ layers: [[{ path: "own", kind: "file", body: name }]] }]);
    const pushed = await pushImage(signed().registry, `${name}:v1`, index);
    const own = index.manifests[0]?.digest ?? "";
    await signed().writePolicy([sigstoreSigned(sigstore)]);
    const sign = async (digest: string): Promise<void> =>
      signed().signSigstore({ name }, { digest, reference: pushed.reference }, sigstore);

    await sign(index.top.digest);
    await expect(signed().node.images.pull(pushed.reference)).rejects.toThrow(/none exists/);

    await sign(own);
    expect(await signed().node.images.pull(pushed.reference)).toBe(index.id);
    await signed().node.images.assertAllowed(index.id as ImageId, { reference: pushed.digestReference, namespace: "" });
  });

  it("wants every requirement to hold", async () => {
    const app = await signed().push();
    await signed().signSigstore(app, app.claim, sigstore);
    await signed().writePolicy([sigstoreSigned(sigstore), signedBy(signed().signer)]);
    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(/\[1\] \(signedBy\): .*none exists/);

    await signed().signSimple(app);

    expect(await signed().node.images.pull(app.reference)).toBe(app.id);
  });
});
