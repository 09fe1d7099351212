import { createHash } from "node:crypto";
import { Fault, faultOfAbort, Gate, type ImageId, isFault, live } from "#foundation";
import { formatReference, parseReference, type RegistryAuth } from "#spec";
import type { Layer } from "#store";
import { importImages } from "./archive/import-images.ts";
import { ImageCatalog } from "./catalog.ts";
import type { ExportedImage, ExportRequest } from "./export/types.ts";
import { imageMissing, isRegistryUnavailable } from "./faults.ts";
import { type ImageOptions, normalizeImageOptions } from "./options.ts";
import { PullProgress } from "./pull/progress.ts";
import { type PullDeps, type PullRequest, pullImage, subjectOfImage } from "./pull/pull-image.ts";
import { AuthFileReader } from "./registry/auth-file-reader.ts";
import { CircuitBreakers } from "./registry/circuit-breakers.ts";
import { SharedActs } from "./shared-acts.ts";
import { isSignatureFailure } from "./signature/faults.ts";
import { openSignatureGate } from "./signature/open-gate.ts";
import type { ImageUse } from "./signature/types.ts";
import type {
  Image,
  Images,
  ImagesDeps,
  ImagesUsage,
  ImportedImage,
  ImportOptions,
  PullOptions,
  StartedPull,
} from "./types.ts";
import { UnpackPool } from "./unpack/unpack-pool.ts";

/**
 * Opens the images of a store. Images of which a layer was lost are dropped, and said so in the log.
 *
 * @example
 * const images = await createImages({ registryConfigDirs: ["/etc/crisp/certs.d"] }, { host, store, logger });
 * const id = await images.pull("busybox:1.36");
 */
export async function createImages(options: ImageOptions, deps: ImagesDeps): Promise<Images> {
  const normalized = live(() => normalizeImageOptions(options));
  const { host, store, logger, stages, onReceived = () => undefined } = deps;
  const catalog = new ImageCatalog(store, () => normalized.pinnedImages);
  const dropped = catalog.dropIncomplete();
  if (dropped.length > 0) logger.warn("images have lost layers and must be pulled again", { images: dropped });
  return new NodeImages({
    store,
    logger,
    stages,
    onReceived,
    catalog,
    options: normalized,
    files: host.files,
    node: { os: "linux", architecture: host.machine.architecture },
    pool: new UnpackPool({
      entry: normalized.unpackWorker,
      maxThreads: normalized.maxUnpackers,
      idleMs: normalized.unpackerIdleMs,
    }),
    gate: new Gate(() => normalized.maxDownloads),
    fetching: new SharedActs<Layer>(),
    signatures: await openSignatureGate(options.signatures, normalized, deps),
    tallies: new Map(),
    breakers: new CircuitBreakers({
      pauseMs: normalized.silentHostPauseMs,
      maxPauseMs: 12 * normalized.silentHostPauseMs,
    }),
    authFile: new AuthFileReader(() => normalized.authFile, { files: host.files, logger }),
  });
}

class NodeImages implements Images {
  readonly #deps: PullDeps;
  readonly #pulls = new SharedActs<ImageId>();
  readonly #imports = new SharedActs<readonly ImportedImage[]>();
  readonly #exports = new SharedActs<readonly ExportedImage[]>();
  /** Of the pulls that run, by the same keys. */
  readonly #progress = new Map<string, PullProgress>();
  /** Collections and flushes that nobody waits for. */
  #background: Promise<void> = Promise.resolve();
  #collection: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(deps: PullDeps) {
    this.#deps = deps;
    this.#inBackground("collect garbage", () => deps.store.collectGarbage());
    this.#collectLater();
  }

  pull(reference: string, options?: PullOptions): Promise<ImageId> {
    return this.startPull(reference, options).id;
  }

  startPull(reference: string, options: PullOptions = {}): StartedPull {
    const watched = { progress: new PullProgress() };
    const id = this.#join(reference, options, watched);
    return {
      id,
      get layers() {
        return watched.progress.layers;
      },
    };
  }

  async import(path: string, { signal }: ImportOptions = {}): Promise<readonly ImportedImage[]> {
    try {
      return await this.#imports.join(path, (shared) => this.#import(path, shared), signal);
    } catch (error) {
      throw signal?.aborted === true ? faultOfAbort(`import ${path}`, signal) : error;
    }
  }

  async export(request: ExportRequest, { signal }: ImportOptions = {}): Promise<readonly ExportedImage[]> {
    const act = `export to ${request.path}`;
    try {
      return await this.#exports.join(JSON.stringify(request), (shared) => this.#export(request, shared), signal);
    } catch (error) {
      throw signal?.aborted === true ? faultOfAbort(act, signal) : Fault.within(act, error);
    }
  }

  find(name: string): Image | undefined {
    return this.#deps.catalog.find(name);
  }

  list(): readonly Image[] {
    return this.#deps.catalog.list();
  }

  async assertAllowed(id: ImageId, use: ImageUse): Promise<void> {
    const { catalog, signatures } = this.#deps;
    if (signatures === undefined) return;
    const image = catalog.find(id);
    if (image === undefined) throw imageMissing(id);
    try {
      await signatures.assertAllowed({ ...image, signatures: catalog.signaturesOf(id) }, use);
    } catch (error) {
      throw withKnownWord(Fault.within(`use image ${use.reference === "" ? id : use.reference}`, error));
    }
  }

  async remove(name: string): Promise<void> {
    const image = this.find(name);
    if (image === undefined) return;
    const { catalog, store, stages, logger } = this.#deps;
    const known = image.repoTags[0] ?? image.id;
    await stages.act("remove", subjectOfImage(known), async () => {
      catalog.remove(image.id);
      await store.collectGarbage();
    });
    logger.info("image removed", { image: known, imageId: image.id });
  }

  usage(): ImagesUsage {
    const { store } = this.#deps;
    const [layers, blobs] = [store.layers.usage(), store.blobs.usage()];
    return {
      mountpoint: store.directory,
      usedBytes: layers.usedBytes + blobs.usedBytes,
      inodesUsed: layers.inodes + blobs.inodes,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#collection);
    await this.#pulls.abortAll(new Fault("canceled", "the daemon is stopping"));
    await this.#imports.abortAll(new Fault("canceled", "the daemon is stopping"));
    await this.#exports.abortAll(new Fault("canceled", "the daemon is stopping"));
    await this.#deps.pool.close();
    await this.#background;
  }

  async #import(path: string, signal: AbortSignal): Promise<readonly ImportedImage[]> {
    const { store, logger } = this.#deps;
    try {
      const imported = await importImages(path, this.#deps, signal);
      logger.info("images imported", { path, images: imported.map(({ id }) => id) });
      this.#inBackground("flush the store", () => store.makeDurable());
      return imported;
    } catch (error) {
      // What is left of it is of no use to a next try, which may never come.
      await this.#attempt("collect garbage", () => store.collectGarbage());
      throw Fault.within(`import ${path}`, error);
    }
  }

  async #export(request: ExportRequest, signal: AbortSignal): Promise<readonly ExportedImage[]> {
    // Rare: its code is loaded when it is wanted.
    const { exportImages } = await import("./export/export-images.ts");
    const exported = await exportImages(request, this.#deps, signal);
    this.#deps.logger.info("images exported", { path: request.path, images: exported.map(({ id }) => id) });
    return exported;
  }

  /** Joins the pull of this name and these credentials, and watches that one's progress. */
  async #join(reference: string, options: PullOptions, watched: { progress: PullProgress }): Promise<ImageId> {
    const parsed = parseReference(reference);
    const name = formatReference(parsed);
    const { auth, signal } = options;
    // Namespaces may be under different policies; without any, they are all one.
    const namespace = this.#deps.signatures === undefined ? "" : (options.namespace ?? "");
    const key = `${name} ${fingerprint(auth)} ${namespace}`;
    watched.progress = this.#progress.get(key) ?? watched.progress;
    const start = (shared: AbortSignal): Promise<ImageId> => {
      watched.progress = new PullProgress();
      this.#progress.set(key, watched.progress);
      return this.#pull({ reference: parsed, auth, namespace, progress: watched.progress }, key, shared);
    };
    try {
      return await this.#pulls.join(key, start, signal);
    } catch (error) {
      throw signal?.aborted === true ? faultOfAbort(`pull ${name}`, signal) : error;
    }
  }

  async #pull(request: PullRequest, key: string, signal: AbortSignal): Promise<ImageId> {
    const { store, logger } = this.#deps;
    const name = formatReference(request.reference);
    try {
      const pull = (): Promise<ImageId> => pullImage(request, this.#deps, signal);
      const id = await this.#deps.stages.act("pull", subjectOfImage(name), pull);
      logger.info("image pulled", { image: name, imageId: id });
      this.#inBackground("flush the store", () => store.makeDurable());
      return id;
    } catch (error) {
      if (isFault(error, "exhausted")) await this.#attempt("collect garbage", () => store.collectGarbage());
      else this.#collectLater();
      throw withKnownWord(Fault.within(`pull ${name}`, error));
    } finally {
      if (this.#progress.get(key) === request.progress) this.#progress.delete(key);
    }
  }

  /**
   * Collects after a while, and from then on again and again: layers become free when a container goes, too.
   *
   * A pull that fails puts it off, so that its finished layers are here for the next try.
   */
  #collectLater(): void {
    clearTimeout(this.#collection);
    const { store, options } = this.#deps;
    const collect = (): void => {
      this.#inBackground("collect garbage", () => store.collectGarbage());
      this.#collectLater();
    };
    this.#collection = this.#isClosed ? undefined : setTimeout(collect, options.collectAfterMs).unref();
  }

  #inBackground(act: string, work: () => Promise<unknown>): void {
    this.#background = this.#background.then(() => this.#attempt(act, work));
  }

  async #attempt(act: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.logger.warn("work on the image store failed", { act, error });
    }
  }
}

/** kubelet shows these words as the pod's waiting reason when the message begins with one. */
function knownWordOf(fault: Fault): string | undefined {
  if (isSignatureFailure(fault)) return "SignatureValidationFailed";
  return isRegistryUnavailable(fault) ? "RegistryUnavailable" : undefined;
}

function withKnownWord(fault: Fault): Fault {
  const word = knownWordOf(fault);
  return word === undefined ? fault : Fault.within(word, fault);
}

/** Tells callers with different credentials apart, without keeping the credentials in a key. */
function fingerprint(auth: RegistryAuth | undefined): string {
  return auth === undefined ? "" : createHash("sha256").update(JSON.stringify(auth)).digest("hex");
}
