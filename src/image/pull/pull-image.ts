import { Fault, type ImageId, type Logger, type Stages } from "#foundation";
import type { Host } from "#host";
import { type Descriptor, type ImageReference, type NodePlatform, type RegistryAuth, repositoryOf } from "#spec";
import type { Store } from "#store";
import type { ImageCatalog } from "../catalog.ts";
import { isRefusal } from "../faults.ts";
import { openRepository, type RepositoryDeps } from "../registry/open-repository.ts";
import type { Repository } from "../registry/repository.ts";
import type { SignatureGate } from "../signature/signature-gate.ts";
import { downloadBlob } from "./download-blob.ts";
import { enterImage, keepDocuments } from "./enter-image.ts";
import type { LayerSource } from "./fetch-layer.ts";
import { fetchLayers, type LayersDeps } from "./fetch-layers.ts";
import type { PullProgress } from "./progress.ts";
import { resolveImage } from "./resolve-image.ts";

export interface PullDeps extends LayersDeps, RepositoryDeps {
  readonly stages: Stages;
  readonly store: Store;
  readonly logger: Logger;
  readonly catalog: ImageCatalog;
  readonly files: Host["files"];
  readonly node: NodePlatform;
  /** Undefined when no signature policy is configured. */
  readonly signatures: SignatureGate | undefined;
}

/** What is wanted, on whose behalf, and who watches. */
export interface PullRequest {
  readonly reference: ImageReference;
  readonly auth: RegistryAuth | undefined;
  /** Kubernetes namespace of the pod that wants it; empty: none. */
  readonly namespace: string;
  /** Written while the pull runs. */
  readonly progress: PullProgress;
}

/** Pulls an image: asks the registry what it is, fetches what is missing, and enters it into the catalog. */
export async function pullImage(request: PullRequest, deps: PullDeps, signal: AbortSignal): Promise<ImageId> {
  const { reference, auth, namespace, progress } = request;
  const check = await deps.signatures?.openPull(reference, namespace);
  const repository = await openRepository(reference, auth, deps);
  const lease = deps.store.lease();
  try {
    const wantsSignatures = check?.wantsSignatures === true;
    const known = wantsSignatures ? undefined : await findUnchanged(reference, repository, deps.catalog, signal);
    if (known !== undefined) return known;
    deps.pool.warm();
    const resolved = await resolveImage(reference.digest ?? reference.tag ?? "latest", repository, deps.node, signal);
    const signed = wantsSignatures
      ? await check.verify({ manifest: resolved.manifestDigest, repository }, signal)
      : undefined;
    const layers = await fetchLayers(resolved, { of: sourceOf(repository, deps), lease, progress }, deps, signal);
    await keepDocuments([...resolved.documents, ...(signed === undefined ? [] : [signed])], lease, deps.store);
    return enterImage({ resolved, layers, name: reference, hasRepoDigest: true, signed }, deps);
  } finally {
    lease.close();
    repository.close();
  }
}

function sourceOf(repository: Repository, { store, options, gate }: PullDeps): (blob: Descriptor) => LayerSource {
  return (blob) => ({
    stage: () => store.blobs.stage(),
    receive: (received, onWritten, signal) =>
      downloadBlob({ repository, blob }, received, { onWritten, options, gate }, signal),
  });
}

/**
 * The image that is here under this name, when the registry still means the same by it.
 *
 * By digest, too, the registry is asked: whoever pulls must be let in, even when the image is here.
 */
async function findUnchanged(
  reference: ImageReference,
  repository: Repository,
  catalog: ImageCatalog,
  signal: AbortSignal,
): Promise<ImageId | undefined> {
  const name = repositoryOf(reference);
  const wanted = reference.digest ?? reference.tag ?? "latest";
  const image = catalog.find(reference.digest === undefined ? `${name}:${wanted}` : `${name}@${wanted}`);
  if (image === undefined) return undefined;
  try {
    const current = await repository.resolve(wanted, signal);
    return image.repoDigests.includes(`${name}@${current}`) ? image.id : undefined;
  } catch (error) {
    // Some registries only answer the full request; that one then says what is wrong.
    if (isRefusal(error)) return undefined;
    throw Fault.within("manifest", error);
  }
}
