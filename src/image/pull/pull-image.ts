import type { ImageId, Logger, StageSubject, Stages } from "#foundation";
import type { Host } from "#host";
import {
  type Descriptor,
  formatReference,
  type ImageReference,
  type NodePlatform,
  type RegistryAuth,
  repositoryOf,
} from "#spec";
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
import type { PullStage } from "./pull-stage.ts";
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
  const stage = stageOf(reference, deps);
  const check = await deps.signatures?.openPull(reference, namespace);
  const repository = await openRepository(reference, auth, deps);
  const lease = deps.store.lease();
  try {
    const wantsSignatures = check?.wantsSignatures === true;
    const known = wantsSignatures ? undefined : await findUnchanged(reference, { repository, stage, ...deps }, signal);
    if (known !== undefined) return known;
    deps.pool.warm();
    const resolved = await resolveImage(wantedOf(reference), repository, { node: deps.node, stage }, signal);
    const signed = wantsSignatures
      ? await stage("signatures", "", () => check.verify({ manifest: resolved.manifestDigest, repository }, signal))
      : undefined;
    const source = { of: sourceOf(repository, deps), lease, progress, stage };
    const layers = await fetchLayers(resolved, source, deps, signal);
    return await stage("enter", "", async () => {
      await keepDocuments([...resolved.documents, ...(signed === undefined ? [] : [signed])], lease, deps.store);
      return enterImage({ resolved, layers, name: reference, hasRepoDigest: true, signed }, deps);
    });
  } finally {
    lease.close();
    repository.close();
  }
}

/** The stages of a pull, as its journal, metrics and traces know them. */
function stageOf(reference: ImageReference, { stages }: PullDeps): PullStage {
  const subject = subjectOfImage(formatReference(reference));
  return (name, detail, work) => stages.stage(name, subject, work, detail);
}

/** An image is asked for by its name, before anybody knows an id. */
export function subjectOfImage(name: string): StageSubject {
  return { kind: "image", id: name, name };
}

function wantedOf({ digest, tag = "latest" }: ImageReference): string {
  return digest ?? tag;
}

interface UnchangedDeps {
  readonly repository: Repository;
  readonly catalog: ImageCatalog;
  readonly stage: PullStage;
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
  { repository, catalog, stage }: UnchangedDeps,
  signal: AbortSignal,
): Promise<ImageId | undefined> {
  const name = repositoryOf(reference);
  const wanted = wantedOf(reference);
  const image = catalog.find(reference.digest === undefined ? `${name}:${wanted}` : `${name}@${wanted}`);
  if (image === undefined) return undefined;
  try {
    const current = await stage("manifest", "", () => repository.resolve(wanted, signal));
    return image.repoDigests.includes(`${name}@${current}`) ? image.id : undefined;
  } catch (error) {
    // Some registries only answer the full request; that one then says what is wrong.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
