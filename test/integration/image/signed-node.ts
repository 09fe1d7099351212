import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { type BuiltImage, buildImage } from "../../support/image.ts";
import { type PushedImage, pushImage } from "../../support/push.ts";
import { type Registry, startRegistry } from "../../support/registry.ts";
import { openWorkspace } from "../../support/workspace.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import {
  type Claim,
  type GpgSigner,
  layOut,
  openGpgSigner,
  type SigstoreSigner,
  sigstoreImage,
  sigstoreTag,
  simplePayload,
} from "./signing.ts";

/** An image that no other test has, in the registry. */
export interface App extends PushedImage {
  readonly name: string;
  readonly image: BuiltImage;
  /** What a signature of it says. */
  readonly claim: Claim;
}

/** A node under signature policies, with a registry and places for signatures. */
export interface SignedNode {
  node: ImageNode;
  readonly registry: Registry;
  readonly signer: GpgSigner;
  readonly stranger: GpgSigner;
  readonly policyFile: string;
  readonly policyDir: string;
  readonly lookaside: string;
  push(): Promise<App>;
  /** Puts these at the lookaside, as signatures of the image. */
  lay(app: App, signatures: readonly Buffer[], image?: BuiltImage): Promise<void>;
  /** Signs what it is with gpg, and puts that at the lookaside. */
  signSimple(app: App): Promise<void>;
  /** Signs a claim in cosign's form, and pushes that beside the manifest. */
  signSigstore(app: Pick<App, "name">, claim: Claim, by: SigstoreSigner): Promise<void>;
  /** Pushes signatures beside a manifest. */
  attach(app: Pick<App, "name">, manifest: string, signatures: BuiltImage): Promise<void>;
  /** Says where simple signatures are. */
  writeLookaside(base: string): Promise<void>;
  /** Writes a policy that wants this of images from the registry, and rejects all others. */
  writePolicy(requirements: readonly object[], file?: string): Promise<void>;
}

/** Gives every test of a file a node of its own; its checks must leave nothing in their directory. */
export function useSignedNode(): () => SignedNode {
  const owned = new AsyncDisposableStack();
  let parts: Omit<Parts, "dir">;
  let current: { readonly fixture: SignedNode; readonly dir: string } | undefined;

  beforeAll(async () => {
    const workspace = owned.use(await openWorkspace("sg"));
    const registry = owned.use(await startRegistry(workspace));
    const signer = owned.use(await openGpgSigner(workspace, "signer"));
    const stranger = owned.use(await openGpgSigner(workspace, "stranger"));
    parts = { registry, signer, stranger, parent: workspace.dir };
  });
  beforeEach(async () => {
    const dir = path.join(parts.parent, randomBytes(4).toString("hex"));
    current = { fixture: await openFixture({ ...parts, dir }), dir };
  });
  afterEach(async () => {
    if (current === undefined) return;
    await current.fixture.node[Symbol.asyncDispose]();
    const left = await readdir(path.join(current.dir, "scratch"));
    if (left.length > 0) throw new Error(`checks of signatures left behind: ${left.join(", ")}`);
  });
  afterAll(() => owned.disposeAsync());

  return () => {
    if (current === undefined) throw new Error("the node did not start");
    return current.fixture;
  };
}

interface Parts {
  readonly registry: Registry;
  readonly signer: GpgSigner;
  readonly stranger: GpgSigner;
  readonly parent: string;
  readonly dir: string;
}

async function openFixture({ registry, signer, stranger, dir }: Parts): Promise<SignedNode> {
  const below = (name: string): string => path.join(dir, name);
  const [policyFile, policyDir, lookaside] = [below("policy.json"), below("policies"), below("lookaside")];
  const [registriesDir, scratchDirectory] = [below("registries.d"), below("scratch")];
  for (const made of [policyDir, lookaside, registriesDir]) await mkdir(made, { recursive: true });
  const node = await openImageNode({
    signatures: { policyFile, policyDir, lookasideDirs: [registriesDir], scratchDirectory },
  });
  // Made here for those tests in which nothing is checked; opening the node removes it.
  await mkdir(scratchDirectory);
  const lay: SignedNode["lay"] = (app, signatures, image = app.image) => layOut(lookaside, image, signatures, app.name);
  const writeLookaside = (base: string): Promise<void> =>
    writeFile(path.join(registriesDir, "default.yaml"), `default-docker:\n  lookaside: ${base}\n`);
  const attach: SignedNode["attach"] = async ({ name }, manifest, signatures) => {
    await pushImage(registry, `${name}:${sigstoreTag(manifest)}`, signatures);
  };
  await writeLookaside(`file://${lookaside}`);
  return {
    node,
    registry,
    signer,
    stranger,
    policyFile,
    policyDir,
    lookaside,
    push: () => pushApp(registry),
    lay,
    signSimple: async (app) => lay(app, [await signer.sign(simplePayload(app.claim))]),
    signSigstore: (app, claim, by) => attach(app, claim.digest, sigstoreImage(claim, by)),
    attach,
    writeLookaside,
    writePolicy: (requirements, file = policyFile) => {
      const docker = { [registry.host]: requirements };
      return writeFile(file, JSON.stringify({ default: [{ type: "reject" }], transports: { docker } }));
    },
  };
}

async function pushApp(registry: Registry): Promise<App> {
  const name = `app-${randomBytes(4).toString("hex")}`;
  const image = buildImage({ layers: [[{ path: "file", kind: "file", body: name }]] });
  const pushed = await pushImage(registry, `${name}:v1`, image);
  return { ...pushed, name, image, claim: { digest: image.top.digest, reference: pushed.reference } };
}

/** A requirement of a simple signature by the key of a file. */
export function signedBy({ publicKey }: Pick<GpgSigner, "publicKey">): object {
  return { type: "signedBy", keyType: "GPGKeys", keyPath: publicKey };
}

/** A requirement of a signature in cosign's form. */
export function sigstoreSigned({ publicKey }: SigstoreSigner, signedIdentity?: object): object {
  return {
    type: "sigstoreSigned",
    keyData: Buffer.from(publicKey).toString("base64"),
    ...(signedIdentity === undefined ? {} : { signedIdentity }),
  };
}
