import type { Digest, ImageId } from "#foundation";
import type { Host } from "#host";
import type { ImageReference } from "#spec";
import type { NormalizedImageOptions, SignatureSettings } from "../options.ts";

/** A signature in the form of gpg: the signed message whole. */
export interface SimpleSignature {
  readonly kind: "simple-signing";
  /** Where it was found, for messages. */
  readonly origin: string;
  readonly bytes: Buffer;
}

/** A signature in the form of cosign, beside what it signs. */
export interface SigstoreSignature {
  readonly kind: "sigstore";
  readonly origin: string;
  readonly payload: Buffer;
  /** base64. */
  readonly signature: string;
}

export type FoundSignature = SimpleSignature | SigstoreSignature;
export type SignatureKind = FoundSignature["kind"];

/** An image that wants in, and what speaks for it. */
export interface Candidate {
  /** The name by which it is wanted; with a digest, without a tag. */
  readonly reference: ImageReference;
  /** Digest of the manifest that is unpacked: for an index, that of this platform's. */
  readonly manifest: Digest;
  /** What was found of a kind; asks for it when it is not at hand. */
  signatures(kind: SignatureKind): Promise<readonly FoundSignature[]>;
  /** What to say when nothing was found. */
  readonly whenNone: string;
}

/** Signatures that came with a pull, and what they were asked for. */
export interface KeptSignatures {
  /** "docker.io/library/busybox". */
  readonly repository: string;
  /** Digest of what the name meant: the index when there is one. */
  readonly top: Digest;
  readonly manifest: Digest;
  /** Blob that holds them. */
  readonly document: Digest;
}

/** For what an image is to be used. */
export interface ImageUse {
  /** As the user wrote it in the pod; an id, or empty, when that is not known. */
  readonly reference: string;
  /** Kubernetes namespace of the pod; empty: none. */
  readonly namespace: string;
}

/** What is known of an image that is here, as far as signatures go. */
export interface SignedImage {
  readonly id: ImageId;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly signatures: readonly KeptSignatures[];
}

/** The policies, and how servers of signatures are asked. */
export interface SignatureOptions
  extends SignatureSettings,
    Pick<NormalizedImageOptions, "registryConfigDirs" | "proxies" | "connectTimeoutMs" | "noProgressTimeoutMs"> {}

/** What every check works with. */
export interface GateDeps {
  readonly options: SignatureOptions;
  readonly host: Pick<Host, "files" | "processes">;
}
