import type { Logger } from "#foundation";
import type { ChainId } from "#spec";
import { type AuditedStore, auditStore } from "./audit.ts";
import { BlobFiles } from "./blobs.ts";
import { markFlushed } from "./boot-mark.ts";
import {
  type BlobRecord,
  blobCodec,
  holdingsCodec,
  type LayerRecord,
  layerCodec,
  type SnapshotRecord,
  snapshotCodec,
} from "./codecs.ts";
import type { Database } from "./database.ts";
import { Holders } from "./holdings.ts";
import { LayerDirectories } from "./layers.ts";
import { MappedLayers } from "./mapped-layers.ts";
import { openRecords } from "./open-records.ts";
import { type StorePaths, storePaths } from "./paths.ts";
import { DurableTable } from "./record-table.ts";
import { OverlaySnapshots } from "./snapshots.ts";
import type {
  Codec,
  Collected,
  Durability,
  Holdings,
  Lease,
  RecordTable,
  Store,
  StoreAudit,
  StoreOptions,
} from "./types.ts";

/**
 * Opens the store under a directory, and makes it when there is none.
 *
 * What a crash left half-made is removed in the background; `collectGarbage`
 * and `close` wait for that.
 *
 * @throws Fault `wrong-state` when a newer crisp wrote the database, `invalid` for an unusable path
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory, host, logger } = options;
  const paths = storePaths(directory);
  for (const path of [
    paths.root,
    paths.layers,
    paths.snapshots,
    paths.mapped,
    paths.blobs,
    paths.ingest,
    paths.empty,
  ]) {
    await host.files.makeDirectory(path, { mode: path === paths.empty ? 0o755 : 0o700 });
  }
  for (const path of [paths.layers, paths.snapshots]) await host.files.scatterTrees(path);
  const database = await openRecords({ path: paths.database, mirror: options.mirror, files: host.files, logger });
  try {
    const store = new DiskStore(database, paths, host);
    await store.reconcile(logger);
    return store;
  } catch (error) {
    database.close();
    throw error;
  }
}

class DiskStore implements Store {
  readonly directory: string;
  readonly layers: LayerDirectories;
  readonly snapshots: OverlaySnapshots;
  readonly blobs: BlobFiles;
  readonly #database: Database;
  readonly #host: StoreOptions["host"];
  readonly #holders: Holders;
  readonly #mapped: MappedLayers;
  readonly #layerTable: RecordTable<LayerRecord>;
  readonly #blobTable: RecordTable<BlobRecord>;
  readonly #snapshotTable: RecordTable<SnapshotRecord>;
  readonly #tables: RecordTable<unknown>[] = [];
  readonly #paths: StorePaths;
  #housekeeping: Promise<void> = Promise.resolve();

  constructor(database: Database, paths: StorePaths, host: StoreOptions["host"]) {
    this.directory = paths.root;
    this.#paths = paths;
    this.#database = database;
    this.#host = host;
    this.#layerTable = this.records("layer", layerCodec);
    this.#blobTable = this.records("blob", blobCodec);
    this.#snapshotTable = this.records("snapshot", snapshotCodec);
    this.#holders = new Holders(this.records("holding", holdingsCodec));
    const shared = { paths, files: host.files, bootId: host.machine.bootId };
    this.layers = new LayerDirectories({ ...shared, table: this.#layerTable });
    this.blobs = new BlobFiles({ ...shared, table: this.#blobTable });
    this.#mapped = new MappedLayers({ paths, host });
    const { layers } = this;
    this.snapshots = new OverlaySnapshots({ paths, host, layers, mapped: this.#mapped, table: this.#snapshotTable });
  }

  /** Makes records and directories agree. */
  async reconcile(logger: Logger): Promise<void> {
    await this.#mapped.reconcile();
    const { lost, strays } = await this.layers.reconcile();
    if (lost.length > 0) logger.warn("layers were lost and will be pulled again", { layers: lost });
    const trees = [...strays, ...(await this.snapshots.findStrays())];
    const blobs = await this.blobs.reconcile();
    const paths = [...trees, ...blobs];
    if (paths.length > 0) logger.info("removing what was half-made when the daemon ended", { paths });
    this.#housekeeping = this.#removeAll({ trees, blobs }).catch((error: unknown) => {
      logger.warn("strays could not be removed", { error });
    });
  }

  records<T>(name: string, codec: Codec<T>): RecordTable<T> {
    const table = new DurableTable(this.#database, name, codec);
    this.#tables.push(table as RecordTable<unknown>);
    return table;
  }

  transaction<T>(work: () => T, survives: Durability = "power-loss"): T {
    return survives === "crash" ? this.#database.transactionUnsynced(work) : this.#database.transaction(work);
  }

  hold(owner: string, holdings: Holdings): void {
    this.#holders.hold(owner, holdings);
  }

  release(owner: string): void {
    this.#holders.release(owner);
  }

  lease(): Lease {
    return this.#holders.lease();
  }

  async makeDurable(): Promise<void> {
    const layers = this.layers.unflushed();
    const blobs = this.blobs.unflushed();
    if (layers.length + blobs.length === 0) return;
    await this.#host.files.syncFilesystem(this.directory);
    this.transaction(() => {
      markFlushed(this.#layerTable, layers);
      markFlushed(this.#blobTable, blobs);
    });
  }

  /** One collection at a time: its end means that nothing unneeded is on the disk any more. */
  collectGarbage(): Promise<Collected> {
    return this.#afterHousekeeping(() => this.#collect());
  }

  /** Not beside a collection, whose directories are on their way out. */
  async audit(): Promise<StoreAudit> {
    return await this.#afterHousekeeping(() => auditStore(this.#audited()));
  }

  async removeStray(path: string): Promise<void> {
    const { mounts, files } = this.#host;
    await this.#afterHousekeeping(async () => {
      const { strays } = await auditStore(this.#audited());
      if (!strays.includes(path)) return;
      await mounts.unmount(path);
      await files.remove(path);
    });
  }

  #audited(): AuditedStore {
    return {
      paths: this.#paths,
      files: this.#host.files,
      layers: this.layers,
      blobs: this.blobs,
      snapshots: this.snapshots,
      mapped: this.#mapped,
      tables: this.#tables,
    };
  }

  #afterHousekeeping<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#housekeeping.then(work);
    this.#housekeeping = done.then(ignore, ignore);
    return done;
  }

  probe(): void {
    this.#database.attempt("write a record", () =>
      this.#database.prepare("INSERT INTO probe VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET count = count + 1").run(),
    );
  }

  async close(): Promise<void> {
    await this.#housekeeping;
    this.#database.close();
  }

  async #collect(): Promise<Collected> {
    // No wait between looking and dropping: nobody can take hold of something in between.
    const needed = this.#holders.held();
    for (const { layers } of this.#snapshotTable.list()) for (const layer of layers) needed.layers.add(layer);
    const layers = [...this.#layerTable.all().keys()].map((id) => id as ChainId).filter((id) => !needed.layers.has(id));
    const blobs = this.blobs.list().filter((digest) => !needed.blobs.has(digest));
    if (layers.length + blobs.length === 0) return { layers: 0, blobs: 0 };
    const dropped = this.transaction(() => ({ trees: this.layers.drop(layers), blobs: this.blobs.drop(blobs) }));
    await this.#removeAll(dropped);
    return { layers: layers.length, blobs: blobs.length };
  }

  /** The names of trees are never used again; those of blobs may be. */
  async #removeAll({ trees, blobs }: { trees: readonly string[]; blobs: readonly string[] }): Promise<void> {
    for (const path of trees) await this.#host.files.remove(path);
    await this.blobs.removeFiles(blobs);
  }
}

function ignore(): void {
  // The outcome belongs to whoever asked for the collection; the next one only needs its end.
}
