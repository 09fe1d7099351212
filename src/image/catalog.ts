import type { Digest, ImageId } from "#foundation";
import { type ChainId, hexOf, type ImageConfig, isDigest, parseReference, repositoryOf } from "#spec";
import type { RecordTable, Store } from "#store";
import { type ImageRecord, imageCodec } from "./image-record.ts";
import { pinnedNames } from "./pinned-names.ts";
import type { KeptSignatures } from "./signature/types.ts";
import type { Image } from "./types.ts";

/** An image that was pulled, and the name it was pulled by. */
export interface PulledImage {
  readonly id: ImageId;
  /** "docker.io/library/busybox:latest"; undefined when it was pulled by digest, or has no name. */
  readonly tag: string | undefined;
  /** "docker.io/library/busybox@sha256:…"; undefined when no registry is known to have it. */
  readonly repoDigest: string | undefined;
  readonly config: ImageConfig;
  readonly layers: readonly ChainId[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Manifest, index and configuration, and the layers as they were sent where these are kept. */
  readonly documents: readonly Digest[];
  /** What signed it, kept as a blob; undefined when nobody asked. */
  readonly signatures?: KeptSignatures;
  readonly sizeBytes: number;
}

const idPattern = /^(?:sha256:)?([0-9a-f]{6,64})$/;
const idPrefix = "sha256:";

/**
 * Which images are here, by every name.
 *
 * Invariants: a tag names one image at most; the layers of every image are
 * held in the store under the image's id.
 */
export class ImageCatalog {
  readonly #store: Store;
  readonly #table: RecordTable<ImageRecord>;
  readonly #isPinned: (names: readonly string[]) => boolean;
  readonly #byName = new Map<string, ImageId>();

  constructor(store: Store, pinnedImages: () => readonly string[]) {
    this.#store = store;
    this.#table = store.records("image", imageCodec);
    this.#isPinned = pinnedNames(pinnedImages, (name) => (idPattern.test(name) ? undefined : fullName(name)));
    for (const record of this.#table.list()) this.#name(record);
  }

  /** Drops images of which a layer is gone; returns their ids. */
  dropIncomplete(): readonly ImageId[] {
    const broken = this.#table
      .list()
      .filter(({ layers }) => layers.some((layer) => this.#store.layers.find(layer) === undefined));
    for (const { id } of broken) this.remove(id);
    return broken.map(({ id }) => id);
  }

  list(): readonly Image[] {
    return this.#table.list().map((record) => this.#toImage(record));
  }

  /** A name goes before an id, as a repository may be called "abcdef". */
  find(name: string): Image | undefined {
    const byName = this.#byName.get(fullName(name) ?? "");
    const id = byName ?? this.#findId(name);
    const record = id === undefined ? undefined : this.#table.find(id);
    return record === undefined ? undefined : this.#toImage(record);
  }

  /** What is kept of the image beside its unpacked layers, in the order it came; none when it is not here. */
  documentsOf(id: ImageId): readonly Digest[] {
    return this.#table.find(id)?.documents ?? [];
  }

  /** What signed the image; none when it is not here. */
  signaturesOf(id: ImageId): readonly KeptSignatures[] {
    return this.#table.find(id)?.signatures ?? [];
  }

  /**
   * Adds an image, or a further name to one that is here. A tag that named another image moves.
   *
   * It does not wait for the disk, which is busy with the layers: until the store is made durable, these do not
   * survive a power loss, either.
   */
  add(pulled: PulledImage): void {
    const { id, tag, repoDigest, documents } = pulled;
    this.#store.transaction(() => {
      if (tag !== undefined) this.#untag(tag, id);
      const old = this.#table.find(id);
      const record: ImageRecord = {
        id,
        repoTags: union(old?.repoTags, tag),
        repoDigests: union(old?.repoDigests, repoDigest),
        config: pulled.config,
        layers: pulled.layers,
        annotations: pulled.annotations,
        documents: [...new Set([...(old?.documents ?? []), ...documents])],
        signatures: withSignatures(old?.signatures ?? [], pulled.signatures),
        sizeBytes: pulled.sizeBytes,
      };
      if (old === undefined) this.#table.insert(id, record);
      else this.#table.update(id, () => record);
      const blobs = [...record.documents, ...record.signatures.map(({ document }) => document)];
      this.#store.hold(ownerOf(id), { layers: record.layers, blobs });
    }, "crash");
    if (tag !== undefined) this.#byName.set(tag, id);
    if (repoDigest !== undefined) this.#byName.set(repoDigest, id);
  }

  /** Removes an image with all its names. Missing is success. */
  remove(id: ImageId): void {
    const record = this.#table.find(id);
    if (record === undefined) return;
    this.#store.transaction(() => {
      this.#table.remove(id);
      this.#store.release(ownerOf(id));
    });
    for (const name of [...record.repoTags, ...record.repoDigests]) {
      if (this.#byName.get(name) === id) this.#byName.delete(name);
    }
  }

  #untag(tag: string, newId: ImageId): void {
    const oldId = this.#byName.get(tag);
    if (oldId === undefined || oldId === newId) return;
    this.#table.update(oldId, (old) => ({ ...old, repoTags: old.repoTags.filter((other) => other !== tag) }));
  }

  #name({ id, repoTags, repoDigests }: ImageRecord): void {
    for (const name of [...repoTags, ...repoDigests]) this.#byName.set(name, id);
  }

  /** An id in full or, when it names one image only, its beginning. */
  #findId(name: string): ImageId | undefined {
    const hex = idPattern.exec(name)?.[1];
    if (hex === undefined) return undefined;
    const matches = this.#table.list().filter(({ id }) => id.startsWith(hex, idPrefix.length));
    return matches.length === 1 ? matches[0]?.id : undefined;
  }

  #toImage(record: ImageRecord): Image {
    const { documents: _, signatures: __, ...image } = record;
    const names = [record.id, hexOf(record.id), ...record.repoTags, ...record.repoDigests];
    return { ...image, isPinned: this.#isPinned(names) };
  }
}

/** The name as the catalog has it: with registry, and with the digest alone when there is one. */
function fullName(name: string): string | undefined {
  if (isDigest(name) || name === "") return undefined;
  try {
    const reference = parseReference(name);
    const repository = repositoryOf(reference);
    return reference.digest === undefined ? `${repository}:${reference.tag}` : `${repository}@${reference.digest}`;
  } catch {
    // What is no reference names no image by name; it may still be an id.
    return undefined;
  }
}

/** What a pull found replaces what an earlier one of the same found. */
function withSignatures(old: readonly KeptSignatures[], added: KeptSignatures | undefined): readonly KeptSignatures[] {
  if (added === undefined) return old;
  const isSame = ({ repository, top, manifest }: KeptSignatures): boolean =>
    repository === added.repository && top === added.top && manifest === added.manifest;
  return [...old.filter((kept) => !isSame(kept)), added];
}

function union(old: readonly string[] = [], added: string | undefined): readonly string[] {
  return added === undefined || old.includes(added) ? old : [...old, added];
}

function ownerOf(id: ImageId): string {
  return `image ${id}`;
}
