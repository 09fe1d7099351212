import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import { type Digest, KeyedLock } from "#foundation";
import { type Host, SpoolWriter, type TreeUsage } from "#host";
import { digestOf, hexOf, isDigest } from "#spec";
import { forgetUnflushed, unflushed } from "./boot-mark.ts";
import type { BlobRecord } from "./codecs.ts";
import { blobMissing, digestMismatch } from "./faults.ts";
import { blobPath, type StorePaths } from "./paths.ts";
import type { Blobs, KeptBlob, RecordTable, StagedBlob } from "./types.ts";

export interface BlobDeps {
  readonly paths: StorePaths;
  readonly files: Host["files"];
  readonly bootId: string;
  readonly table: RecordTable<BlobRecord>;
}

/**
 * Content files by digest, and those still being received.
 *
 * Invariant: what has a record has its file. Content that was dropped may come again before its file is gone, under the
 * same name: who writes and who removes a file of one name take turns, and nobody removes one that has a record.
 */
export class BlobFiles implements Blobs {
  readonly #deps: BlobDeps;
  readonly #turns = new KeyedLock();
  /** Paths of files that are being written, or become a blob. */
  readonly #unfinished = new Set<string>();

  constructor(deps: BlobDeps) {
    this.#deps = deps;
  }

  /** Drops records without a file; returns the files without a record, for `removeFiles`. */
  async reconcile(): Promise<readonly string[]> {
    const { paths, files, table, bootId } = this.#deps;
    forgetUnflushed(table, bootId);
    const present = new Set(await files.list(paths.blobs));
    for (const digest of this.list()) {
      if (!present.delete(hexOf(digest))) table.remove(digest);
    }
    const unfinished = await files.list(paths.ingest);
    return [
      ...[...present].map((name) => join(paths.blobs, name)),
      ...unfinished.map((name) => join(paths.ingest, name)),
    ];
  }

  has(digest: Digest): boolean {
    return this.#deps.table.find(digest) !== undefined;
  }

  find(digest: Digest): KeptBlob | undefined {
    const record = this.#deps.table.find(digest);
    return record === undefined ? undefined : { path: blobPath(this.#deps.paths, digest), sizeBytes: record.sizeBytes };
  }

  async read(digest: Digest): Promise<Buffer> {
    const { files, paths, table } = this.#deps;
    const record = table.find(digest);
    if (record === undefined) throw blobMissing(digest);
    const bytes = await files.read(blobPath(paths, digest), { maxBytes: record.sizeBytes });
    const actual = digestOf(bytes);
    if (actual !== digest) throw digestMismatch("broken", digest, actual);
    return bytes;
  }

  async put(digest: Digest, bytes: Uint8Array): Promise<void> {
    const { files, paths } = this.#deps;
    const actual = digestOf(bytes);
    if (actual !== digest) throw digestMismatch("invalid", digest, actual);
    const path = blobPath(paths, digest);
    await this.#finishing(path, async () => {
      if (this.has(digest)) return;
      await files.writeAtomic(path, bytes, { mode: 0o600, isDurable: false });
      this.#insert(digest, bytes.length);
    });
  }

  async stage(): Promise<StagedBlob> {
    const { files, paths } = this.#deps;
    const ingest = join(paths.ingest, randomBytes(8).toString("hex"));
    this.#unfinished.add(ingest);
    const spool = await SpoolWriter.create(ingest).catch((error: unknown) => {
      this.#unfinished.delete(ingest);
      throw error;
    });
    return {
      path: spool.path,
      get sizeBytes() {
        return spool.sizeBytes;
      },
      get writtenBytes() {
        return spool.writtenBytes;
      },
      section: (start) => spool.section(start),
      append: (bytes) => spool.append(bytes),
      flush: () => spool.flush(),
      commit: async (checked) => {
        await spool.flush();
        await spool.close();
        const path = blobPath(paths, checked);
        await this.#finishing(path, async () => {
          await files.rename(spool.path, path);
          this.#insert(checked, spool.sizeBytes);
        });
        this.#unfinished.delete(ingest);
      },
      discard: async () => {
        await spool.close();
        await files.remove(spool.path);
        this.#unfinished.delete(ingest);
      },
    };
  }

  usage(): TreeUsage {
    let usedBytes = 0n;
    for (const { sizeBytes } of this.#deps.table.list()) usedBytes += BigInt(sizeBytes);
    return { usedBytes, inodes: BigInt(this.#deps.table.all().size) };
  }

  /** Paths of the files that somebody answers for: a blob's, or one that is being written. */
  knownPaths(): readonly string[] {
    return [...this.list().map((digest) => blobPath(this.#deps.paths, digest)), ...this.#unfinished];
  }

  unflushed(): readonly string[] {
    return unflushed(this.#deps.table);
  }

  /** Digests of all content. */
  list(): readonly Digest[] {
    return [...this.#deps.table.all().keys()].filter(isDigest);
  }

  /** Removes files that have no record, unless one of them has it again by now. */
  async removeFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#turns.run(path, async () => {
        const digest = `sha256:${basename(path)}`;
        if (!isDigest(digest) || !this.has(digest)) await this.#deps.files.remove(path);
      });
    }
  }

  /** Drops the records at once; returns the files, for `removeFiles`. */
  drop(digests: readonly Digest[]): readonly string[] {
    for (const digest of digests) this.#deps.table.remove(digest);
    return digests.map((digest) => join(this.#deps.paths.blobs, hexOf(digest)));
  }

  /** Answers for a file from before it is in its place until after its record is written. */
  #finishing(path: string, work: () => Promise<void>): Promise<void> {
    return this.#turns.run(path, async () => {
      this.#unfinished.add(path);
      try {
        await work();
      } finally {
        this.#unfinished.delete(path);
      }
    });
  }

  /**
   * Two may bring the same content at once: the second renamed over equal bytes.
   *
   * A power loss may forget the record: until `makeDurable`, the file is not trusted after one anyway.
   */
  #insert(digest: Digest, sizeBytes: number): void {
    if (!this.has(digest)) this.#deps.table.insert(digest, { sizeBytes, boot: this.#deps.bootId }, "crash");
  }
}
