import type { ImageOptions, NormalizedImageOptions } from "../options.ts";
import type { ImagesDeps } from "../types.ts";
import type { SignatureGate } from "./signature-gate.ts";

/** The gate that the configured policies make; undefined when there are none. Its code is loaded only when there are. */
export async function openSignatureGate(
  settings: ImageOptions["signatures"],
  { registryConfigDirs, proxies, connectTimeoutMs, noProgressTimeoutMs }: NormalizedImageOptions,
  { host, store }: ImagesDeps,
): Promise<SignatureGate | undefined> {
  if (settings === undefined || (settings.policyFile === "" && settings.policyDir === "")) return undefined;
  // What a daemon that was killed left there.
  await host.files.remove(settings.scratchDirectory);
  const { SignatureGate: Gate } = await import("./signature-gate.ts");
  const options = { ...settings, registryConfigDirs, proxies, connectTimeoutMs, noProgressTimeoutMs };
  return new Gate({ options, host, blobs: store.blobs });
}
