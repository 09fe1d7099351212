import type { Digest, FaultKind, FaultReason } from "#foundation";
import type { TreeLimits, TreeResult } from "#host";

/** A layer to unpack, while its blob may still be growing. */
export interface UnpackTask {
  /** File that the blob is received in. */
  readonly blobPath: string;
  readonly blobDigest: Digest;
  readonly blobBytes: number;
  /** Digest of the unpacked archive. */
  readonly diffId: Digest;
  /** Empty directory that becomes the layer. */
  readonly directory: string;
  /** Whether nothing is below: there is then nothing to hide. */
  readonly isBottom: boolean;
  readonly limits: TreeLimits;
}

/** Directories of a layer that take their attributes from the layers below it. */
export interface InheritTask {
  readonly directory: string;
  readonly impliedDirectories: readonly string[];
  /** Directories of the layers below, top first. */
  readonly lowers: readonly string[];
}

/** What the daemon tells an unpacking thread. */
export type ToUnpacker =
  | { readonly kind: "unpack"; readonly job: number; readonly task: UnpackTask }
  | { readonly kind: "inherit"; readonly job: number; readonly task: InheritTask }
  /** So many bytes of the blob are in its file. */
  | { readonly kind: "received"; readonly job: number; readonly bytes: number }
  | { readonly kind: "cancel"; readonly job: number };

/** A fault as it crosses threads. */
export interface FaultMessage {
  readonly kind: FaultKind;
  readonly message: string;
  readonly reason: FaultReason | undefined;
}

/** What an unpacking thread answers: exactly one message a job. */
export type FromUnpacker =
  | { readonly kind: "done"; readonly job: number; readonly result: TreeResult | undefined }
  | { readonly kind: "failed"; readonly job: number; readonly fault: FaultMessage };
