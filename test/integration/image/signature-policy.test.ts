import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildImage } from "../../support/image.ts";
import { layoutFiles } from "../../support/image-archive.ts";
import { encodeTar } from "../../support/tar.ts";
import { startScriptedRegistry } from "./scripted-registry.ts";
import { signedBy, sigstoreSigned, useSignedNode } from "./signed-node.ts";
import { makeSigstoreSigner } from "./signing.ts";

const accept = [{ type: "insecureAcceptAnything" }];
const signed = useSignedNode();
const sigstore = makeSigstoreSigner();

describe("the policy", () => {
  it("rejects a name before anything is asked", async () => {
    await using server = await startScriptedRegistry();
    await writeFile(signed().policyFile, JSON.stringify({ default: [{ type: "reject" }] }));

    await expect(signed().node.images.pull(server.serve("app", buildImage()))).rejects.toThrow(
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
    const app = await signed().push();
    await signed().writePolicy(accept);
    const id = await signed().node.images.pull(app.reference);
    if (text === undefined) await rm(signed().policyFile);
    else await writeFile(signed().policyFile, text);

    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(problem);
    await expect(signed().node.images.assertAllowed(id, { reference: app.reference, namespace: "" })).rejects.toThrow(
      /^SignatureValidationFailed: use image /,
    );
  });

  it("of a namespace counts instead of the global one", async () => {
    const app = await signed().push();
    await signed().writePolicy(accept);
    await signed().writePolicy([{ type: "reject" }], path.join(signed().policyDir, "strict.json"));
    const id = await signed().node.images.pull(app.reference, { namespace: "other" });

    await expect(signed().node.images.pull(app.reference, { namespace: "strict" })).rejects.toThrow(
      /strict.json: .*\(reject\)/,
    );

    const use = { reference: app.reference, namespace: "strict" };
    await expect(signed().node.images.assertAllowed(id, use)).rejects.toThrow(/strict.json/);
    await signed().node.images.assertAllowed(id, { ...use, namespace: "other" });
  });

  it("takes no path for a namespace", async () => {
    await signed().writePolicy(accept);

    await expect(signed().node.images.pull("127.0.0.1:1/app", { namespace: "../policy" })).rejects.toThrow(
      /"..\/policy" is no name of a namespace/,
    );
  });
});

describe("assertAllowed()", () => {
  it("checks the signatures of the pull against the policy of today, without the network", async () => {
    const app = await signed().push();
    await signed().signSimple(app);
    await signed().signSigstore(app, app.claim, sigstore);
    await signed().writePolicy([signedBy(signed().signer), sigstoreSigned(sigstore)]);
    const id = await signed().node.images.pull(app.reference);
    await rm(signed().lookaside, { recursive: true });
    await signed().writeLookaside("http://127.0.0.1:1");
    signed().node = await signed().node.reopen();
    const allowed = (reference: string): Promise<void> =>
      signed().node.images.assertAllowed(id, { reference, namespace: "" });

    for (const name of [app.reference, app.digestReference, id, ""]) await allowed(name);
    await signed().writePolicy([signedBy(signed().stranger)]);

    await expect(allowed(app.reference)).rejects.toThrow(/no key of the policy made it/);
    await expect(allowed(id)).rejects.toThrow(/no key of the policy made it/);
  });

  it("refuses an image that was pulled when nothing had to be signed", async () => {
    const app = await signed().push();
    await signed().writePolicy(accept);
    const id = await signed().node.images.pull(app.reference);

    await signed().writePolicy([signedBy(signed().signer)]);

    await expect(signed().node.images.assertAllowed(id, { reference: app.reference, namespace: "" })).rejects.toThrow(
      /none was kept when the image was pulled; pull it again$/,
    );
  });

  it("lets such an image in once it was pulled again, with a signature", async () => {
    const app = await signed().push();
    await signed().writePolicy(accept);
    const id = await signed().node.images.pull(app.reference);
    await signed().writePolicy([signedBy(signed().signer)]);
    await expect(signed().node.images.pull(app.reference)).rejects.toThrow(/none exists$/);

    await signed().signSimple(app);
    await signed().node.images.pull(app.reference);

    await signed().node.images.assertAllowed(id, { reference: app.reference, namespace: "" });
  });

  it("refuses a name that the image was not pulled by", async () => {
    const app = await signed().push();
    await signed().signSimple(app);
    await signed().writePolicy([signedBy(signed().signer)]);
    const id = await signed().node.images.pull(app.reference);

    const use = { reference: `${signed().registry.host}/other:v1`, namespace: "" };

    await expect(signed().node.images.assertAllowed(id, use)).rejects.toThrow(/other:v1: a signature is wanted/);
  });

  it("leaves no signatures behind when the image goes", async () => {
    const app = await signed().push();
    await signed().signSigstore(app, app.claim, sigstore);
    await signed().writePolicy([sigstoreSigned(sigstore)]);
    await signed().node.images.pull(app.reference);

    await signed().node.images.remove(app.reference);

    expect(await signed().node.files()).toEqual([]);
  });
});

describe("an image out of an archive", () => {
  const image = buildImage({ layers: [[{ path: "file", kind: "file", body: "imported" }]] });
  const name = (): string => `${signed().registry.host}/team/app:v1`;

  async function importAs(as: string): Promise<(reference: string) => Promise<void>> {
    const archive = path.join(signed().node.workspace.dir, "images.tar");
    await writeFile(archive, encodeTar(layoutFiles([{ name: as, image }])));
    await signed().node.images.import(archive);
    const id = signed().node.images.find(as)?.id ?? ("" as never);
    return (reference) => signed().node.images.assertAllowed(id, { reference, namespace: "" });
  }

  it("is not used where a signature is wanted, since none comes with it", async () => {
    await signed().writePolicy([signedBy(signed().signer)]);
    const use = await importAs(name());

    for (const reference of [name(), image.id, ""]) {
      await expect(use(reference)).rejects.toThrow(
        /^SignatureValidationFailed: use image .*a signature is wanted, and none was kept/,
      );
    }
  });

  it("is not used under a name that is rejected", async () => {
    await signed().writePolicy(accept);
    const use = await importAs("elsewhere.example/app:v1");

    await expect(use("")).rejects.toThrow(/^SignatureValidationFailed: use image .*\(reject\)/);
  });

  it("is used where anything is accepted", async () => {
    await signed().writePolicy(accept);
    const use = await importAs(name());

    for (const reference of [name(), image.id, ""]) await expect(use(reference)).resolves.toBeUndefined();
  });
});
