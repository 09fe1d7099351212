import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Blob, BuiltImage } from "../../support/image.ts";
import type { Workspace } from "../../support/workspace.ts";

const run = promisify(execFile);

/** What a signature says; each member can be made wrong. */
export interface Claim {
  readonly digest: string;
  readonly reference: string;
}

/** Somebody who signs with gpg, with a key ring of their own. */
export interface GpgSigner extends AsyncDisposable {
  /** File with the public key, armored. */
  readonly publicKey: string;
  sign(bytes: Buffer): Promise<Buffer>;
}

/** Makes a signer with a new key. Its agent ends with it. */
export async function openGpgSigner(workspace: Workspace, name: string): Promise<GpgSigner> {
  const home = path.join(workspace.dir, name);
  await mkdir(home, { mode: 0o700 });
  const env = { PATH: process.env["PATH"] ?? "", GNUPGHOME: home };
  const quiet = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
  await run("gpg", [...quiet, "--quick-gen-key", `${name} <${name}@example.org>`, "ed25519", "sign", "never"], { env });
  const publicKey = path.join(home, "public.asc");
  await run("gpg", ["--batch", "--armor", "--output", publicKey, "--export"], { env });
  return {
    publicKey,
    sign: async (bytes) => {
      const file = path.join(home, createHash("sha256").update(bytes).digest("hex"));
      await writeFile(file, bytes);
      const options = { env, encoding: "buffer" } as const;
      return (await run("gpg", [...quiet, "--output", "-", "--sign", file], options)).stdout;
    },
    [Symbol.asyncDispose]: async () => {
      await run("gpgconf", ["--kill", "all"], { env });
    },
  };
}

/** The payload of a simple signature. */
export function simplePayload({ digest, reference }: Claim): Buffer {
  return payloadOf("atomic container signature", { digest, reference });
}

/** Puts simple signatures of an image where a lookaside at `directory` has them. */
export async function layOut(
  directory: string,
  image: BuiltImage,
  signatures: readonly Buffer[],
  name: string,
): Promise<void> {
  const place = path.join(directory, `${name}@${image.top.digest.replace(":", "=")}`);
  await mkdir(place, { recursive: true });
  for (const [index, bytes] of signatures.entries()) await writeFile(path.join(place, `signature-${index + 1}`), bytes);
}

export interface SigstoreSigner {
  readonly publicKey: string;
  sign(payload: Buffer): string;
}

/** Makes a signer with a new key, as cosign has them. */
export function makeSigstoreSigner(kind: "p256" | "rsa" | "ed25519" = "p256"): SigstoreSigner {
  const { privateKey, publicKey } = keyPair(kind);
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (payload) => sign(kind === "ed25519" ? null : "sha256", payload, privateKey).toString("base64"),
  };
}

/** An image that holds signatures of `claim`, to be pushed under `sigstoreTag`. */
export function sigstoreImage(
  claim: Claim,
  signer: SigstoreSigner,
  tamper = (payload: Buffer): Buffer => payload,
): BuiltImage {
  const genuine = payloadOf("cosign container image signature", claim);
  const payload = blobOf("application/vnd.dev.cosign.simplesigning.v1+json", tamper(genuine));
  const config = blobOf("application/vnd.oci.image.config.v1+json", Buffer.from("{}"));
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const annotations = { "dev.cosignproject.cosign/signature": signer.sign(genuine) };
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: [{ ...descriptorOf(payload), annotations }],
  };
  const top = blobOf(mediaType, Buffer.from(JSON.stringify(manifest)));
  return { top, manifests: [], blobs: [config, payload], id: config.digest };
}

/** The tag under which cosign puts the signatures of a manifest. */
export function sigstoreTag(digest: string): string {
  return `${digest.replace(":", "-")}.sig`;
}

function payloadOf(type: string, { digest, reference }: Claim): Buffer {
  const identity = { "docker-reference": reference };
  const image = { "docker-manifest-digest": digest };
  return Buffer.from(JSON.stringify({ critical: { identity, image, type }, optional: { creator: "test" } }));
}

function keyPair(kind: "p256" | "rsa" | "ed25519"): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "rsa":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
    case "ed25519":
      return generateKeyPairSync("ed25519");
    default:
      throw new Error(`no such kind of key: ${String(kind)}`);
  }
}

function blobOf(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, bytes };
}

function descriptorOf({ mediaType, digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}
