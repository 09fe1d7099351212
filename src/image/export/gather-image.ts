import { type Digest, Fault, messageOf, together } from "#foundation";
import { type Descriptor, type ImageReference, isDigest, parseReference, repositoryOf } from "#spec";
import type { KeptBlob, StagedBlob } from "#store";
import { contentMismatch, layerNotKept } from "../faults.ts";
import { downloadBlob } from "../pull/download-blob.ts";
import type { PullDeps } from "../pull/pull-image.ts";
import { type DocumentSource, type ResolvedImage, resolveImage } from "../pull/resolve-image.ts";
import { openRepository } from "../registry/open-repository.ts";
import type { Repository } from "../registry/repository.ts";
import type { ChosenImage } from "./choose-images.ts";
import { checkLayer, type LayerFile } from "./layer-file.ts";

/** An image of which everything is at hand as it was sent. */
export interface GatheredImage {
  readonly resolved: ResolvedImage;
  readonly names: readonly string[];
  /** Bottom first. */
  readonly layers: readonly LayerFile[];
}

/** One way to come by an image's layers: a manifest, and who has what it lists. */
interface Origin {
  readonly resolved: ResolvedImage;
  /** Undefined when no registry is known to have it. */
  readonly reference: ImageReference | undefined;
}

/**
 * Brings together the layers of images as they were sent: those that are kept, and the others from the registries that
 * the images came from.
 */
export class ImageGatherer {
  readonly #deps: PullDeps;
  readonly #fetched = new Map<Digest, KeptBlob>();
  readonly #staged: StagedBlob[] = [];

  constructor(deps: PullDeps) {
    this.#deps = deps;
  }

  /** @throws Fault that names the layer that nobody has, and what would help */
  async gather(chosen: ChosenImage, signal: AbortSignal): Promise<GatheredImage> {
    const origins = await this.#originsOf(chosen, signal);
    const failures: unknown[] = [];
    for (const { resolved, reference } of origins) {
      try {
        return { resolved, names: chosen.names, layers: await this.#layersOf({ resolved, reference }, signal) };
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    const problems = [...new Set(failures.map(messageOf))].join("; ");
    throw new Fault(Fault.from(failures[0]).kind, problems, { cause: failures[0] });
  }

  /** Removes what was fetched. */
  async discard(): Promise<void> {
    await Promise.all(this.#staged.map((file) => file.discard()));
  }

  /** The one of which least is missing comes first. */
  async #originsOf({ image, documents }: ChosenImage, signal: AbortSignal): Promise<readonly Origin[]> {
    const source = this.#keptDocuments();
    const resolve = (digest: string): Promise<ResolvedImage> => resolveImage(digest, source, this.#deps, signal);
    const origins: Origin[] = [];
    for (const reference of image.repoDigests.map(parseReference)) {
      origins.push({ resolved: await resolve(reference.digest ?? ""), reference });
    }
    // An image that came out of an archive may be in no registry.
    const first = documents[0];
    if (origins.length === 0 && first !== undefined)
      origins.push({ resolved: await resolve(first), reference: undefined });
    const missing = ({ resolved }: Origin): number =>
      resolved.manifest.layers.filter(({ digest }) => !this.#deps.store.blobs.has(digest)).length;
    return origins.toSorted((a, b) => missing(a) - missing(b));
  }

  async #layersOf({ resolved, reference }: Origin, signal: AbortSignal): Promise<readonly LayerFile[]> {
    let repository: Promise<Repository> | undefined;
    const open = (blob: Descriptor): Promise<Repository> => {
      if (reference === undefined) throw layerNotKept(blob.digest, "and no registry is known to have it");
      return (repository ??= openRepository(reference, undefined, this.#deps));
    };
    const { maxLayerBytes } = this.#deps.options;
    const files = new Map<Digest, Promise<KeptBlob>>();
    const works = resolved.manifest.layers.map((blob, index) => async (both: AbortSignal): Promise<LayerFile> => {
      const file = files.get(blob.digest) ?? this.#find(blob, open, both);
      files.set(blob.digest, file);
      const diffId = resolved.document.diffIds[index] as Digest;
      return within(`layer ${blob.digest}`, async () => checkLayer(await file, { blob, diffId }, maxLayerBytes, both));
    });
    try {
      return await together<LayerFile[]>(works, signal);
    } catch (error) {
      throw reference === undefined ? error : Fault.within(repositoryOf(reference), error);
    } finally {
      (await repository)?.close();
    }
  }

  async #find(
    blob: Descriptor,
    open: (blob: Descriptor) => Promise<Repository>,
    signal: AbortSignal,
  ): Promise<KeptBlob> {
    const here = this.#deps.store.blobs.find(blob.digest) ?? this.#fetched.get(blob.digest);
    if (here !== undefined) return here;
    const repository = await open(blob);
    const { store, options, gate } = this.#deps;
    const staged = await store.blobs.stage();
    this.#staged.push(staged);
    const onWritten = (): void => undefined;
    const fetch = (): Promise<void> => downloadBlob({ repository, blob }, staged, { onWritten, options, gate }, signal);
    try {
      await gate.run(fetch, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw layerNotKept(blob.digest, "and could not be fetched again", error);
    }
    const fetched = { path: staged.path, sizeBytes: staged.sizeBytes };
    this.#fetched.set(blob.digest, fetched);
    return fetched;
  }

  #keptDocuments(): DocumentSource {
    const { blobs } = this.#deps.store;
    return {
      manifest: async (digest) => {
        if (!isDigest(digest)) throw new Fault("broken", `${JSON.stringify(digest)} is no digest`);
        return { digest, bytes: await blobs.read(digest), contentType: "" };
      },
      document: async ({ digest, sizeBytes }) => {
        const bytes = await blobs.read(digest);
        if (bytes.length !== sizeBytes) throw contentMismatch("document", String(sizeBytes), String(bytes.length));
        return bytes;
      },
    };
  }
}

async function within<T>(stage: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw Fault.within(stage, error);
  }
}
