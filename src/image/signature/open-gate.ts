import { join } from "node:path";
import type { NormalizedImageOptions } from "../options.ts";
import type { ImagesDeps } from "../types.ts";
import type { SignatureGate } from "./signature-gate.ts";

/** The gate that the configured policies make; undefined when there are none. Its code is loaded only when there are. */
export async function openSignatureGate(
  options: NormalizedImageOptions,
  { host, store }: ImagesDeps,
): Promise<SignatureGate | undefined> {
  const { signaturePolicy: policyFile, signaturePolicyDir: policyDir, signatureLookasideDirs: lookasideDirs } = options;
  if (policyFile === "" && policyDir === "") return undefined;
  const given = options.signatureScratchDir;
  const scratchDirectory = given === "" ? join(store.directory, "signatures") : given;
  // What a daemon that was killed left there.
  await host.files.remove(scratchDirectory);
  const { SignatureGate: Gate } = await import("./signature-gate.ts");
  const { registryConfigDirs, connectTimeoutMs, noProgressTimeoutMs } = options;
  const places = { policyFile, policyDir, lookasideDirs, scratchDirectory };
  return new Gate({
    options: { ...places, registryConfigDirs, connectTimeoutMs, noProgressTimeoutMs },
    host,
    blobs: store.blobs,
  });
}
