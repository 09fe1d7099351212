import type { Digest, Logger } from "#foundation";
import type { Host, TreeEntry, TreeUsage } from "#host";
import type { ChainId, IdMappings, OverlayOptions } from "#spec";

/** What the store needs of its surroundings. */
export interface StoreOptions {
  /** Absolute directory of everything that must survive a reboot; made when missing. */
  readonly directory: string;
  /**
   * File for a copy of the records, in a directory that a reboot empties: a damaged database is rebuilt from it.
   *
   * @default none
   */
  readonly mirror?: string;
  readonly host: Pick<Host, "files" | "mounts" | "machine">;
  readonly logger: Logger;
}

/** How a value becomes JSON and back. */
export interface Codec<T> {
  /** A value that JSON can hold: bigints must become text here. */
  encode(value: T): unknown;
  /** @throws anything when the value is not what `encode` made; the record is then put into quarantine */
  decode(value: unknown): T;
}

/** A record that could not be read at start and was put aside. */
export interface QuarantinedRecord {
  readonly id: string;
  readonly problem: string;
}

/**
 * What a change survives once its call has returned. "power-loss" waits for the
 * disk, and the daemon with it: about a millisecond. "crash" of the daemon costs
 * no wait; a power loss may forget the last such changes, in order, never some
 * in between.
 */
export type Durability = "power-loss" | "crash";

/**
 * Durable values of one kind, all of them in memory.
 *
 * Reads never touch the disk. A change is durable when its call returns, or,
 * inside `Store.transaction`, when the transaction returns, which survives what
 * it was asked to, whatever its parts ask for: a power loss unless said.
 */
export interface RecordTable<T> {
  readonly name: string;
  /** Records that were unreadable when the table was opened. */
  readonly quarantined: readonly QuarantinedRecord[];
  find(id: string): T | undefined;
  /** @throws Fault `not-found` */
  get(id: string): T;
  /** Every record by id, in order of insertion. A live view: do not keep it across a change. */
  all(): ReadonlyMap<string, T>;
  /** The same records; the same array, too, until one is inserted, changed or removed. */
  list(): readonly T[];
  /** @throws Fault `exists` */
  insert(id: string, value: T, survives?: Durability): void;
  /** Returns the new value. @throws Fault `not-found` */
  update(id: string, change: (old: T) => T, survives?: Durability): T;
  /** Missing is success; returns whether there was one. */
  remove(id: string, survives?: Durability): boolean;
}

/** One unpacked layer. */
export interface Layer {
  readonly chainId: ChainId;
  readonly diffId: Digest;
  /** Directory that overlay takes as a lower one. */
  readonly directory: string;
  readonly usage: TreeUsage;
}

/** What is known of a layer when it has been unpacked. */
export interface LayerFacts {
  readonly chainId: ChainId;
  readonly diffId: Digest;
  readonly usage: TreeUsage;
}

/** A layer directory that is being filled. Nobody sees it before `commit`; a crash leaves nothing of it. */
export interface StagedLayer {
  /** Empty directory to unpack into. */
  readonly directory: string;
  /** Makes it a layer. When another of the same chain id came first, that one is kept and returned. */
  commit(facts: LayerFacts): Promise<Layer>;
  /** Removes it. After a commit, or twice: nothing happens. */
  discard(): Promise<void>;
}

/** Unpacked layers by chain id. */
export interface Layers {
  find(chainId: ChainId): Layer | undefined;
  stage(): Promise<StagedLayer>;
  /** Disk use of all layers, from memory. */
  usage(): TreeUsage;
}

/** Gives the files of a tree other owners for its users: who owns one in the user namespace, owns it on the node. */
export interface MappedOwners {
  /** File of a user namespace that has these mappings. */
  readonly userNamespace: string;
  readonly mappings: IdMappings;
}

/** How a snapshot is mounted. */
export interface MountManner {
  /** Those that it was prepared for. */
  readonly owners?: MappedOwners | undefined;
  /** What is wanted of the overlay beyond or instead of what is usual. */
  readonly options?: OverlayOptions;
}

/** How a snapshot differs from its layers at one name, a byte string: there is nothing any more, or this. */
export type SnapshotChange =
  | { readonly kind: "removed"; readonly name: string }
  | { readonly kind: "present"; readonly entry: TreeEntry };

/**
 * A container's root file system: a writable directory over layers.
 *
 * Vocabulary: `prepare` makes the directories, `mount` makes them one tree at a
 * target, `unmount` takes that away and keeps the data, `remove` drops the data.
 */
export interface Snapshots {
  /** @throws Fault `exists`; `not-found` when a layer is not here; `unsupported` when the layers do not fit one mount */
  prepare(id: string, layers: readonly ChainId[], owners?: MappedOwners): Promise<void>;
  /** Mounts the snapshot read-write, for the owners that it was prepared for; makes the target directory. @throws Fault `not-found` */
  mount(id: string, target: string, manner?: MountManner): Promise<void>;
  /** Mounts layers read-only, without a snapshot; they must be held by somebody. */
  mountView(layers: readonly ChainId[], target: string, owners?: MappedOwners): Promise<void>;
  /** Proves that layers can be shown with other owners here, by doing it. @throws Fault `unsupported` where they cannot */
  probeMapped(owners: MappedOwners): Promise<void>;
  /** Not mounted is success. */
  unmount(target: string): Promise<void>;
  /** Removes a snapshot that is mounted nowhere. Missing is success. */
  remove(id: string): Promise<void>;
  /** Whether a snapshot of this id was prepared. */
  has(id: string): boolean;
  list(): readonly string[];
  /** Disk use of what was written into the snapshot: a walk over its files. @throws Fault `not-found` */
  usage(id: string, options?: { readonly signal?: AbortSignal }): Promise<TreeUsage>;
  /**
   * Tells what was written into the snapshot, parents first, and what was removed; good for one that nobody writes to meanwhile.
   *
   * @throws Fault `not-found`; `unsupported` when overlay has noted changes that only it can put together
   */
  changes(id: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<SnapshotChange>;
}

/** A part of a blob that is received beside others. */
export interface BlobSection {
  /** All that was added to it. */
  readonly sizeBytes: number;
  /** Adds bytes, one call at a time; the caller must not use their memory any more. */
  append(bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

/** Content that is being received. Only one may add to it, one call at a time. */
export interface StagedBlob {
  /** File that holds what has been written so far. */
  readonly path: string;
  /** All that was added. */
  readonly sizeBytes: number;
  /** What a reader of the file finds of it, up to the first gap: small pieces are gathered first. */
  readonly writtenBytes: number;
  /** Opens the part that begins at `start`, to be filled up to where another begins. */
  section(start: number): BlobSection;
  /** Adds bytes, whose memory the caller must not use any more. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes what is still gathered. */
  flush(): Promise<void>;
  /** Keeps it under a digest that the caller has checked. */
  commit(checked: Digest): Promise<void>;
  /** Removes it. After a commit, or twice: nothing happens. */
  discard(): Promise<void>;
}

/** A content file: whoever reads it checks its digest. */
export interface KeptBlob {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Content by digest. */
export interface Blobs {
  has(digest: Digest): boolean;
  /** Where content is, for one who reads it piece by piece and holds it meanwhile; undefined when it is not here. */
  find(digest: Digest): KeptBlob | undefined;
  /** @throws Fault `not-found`; `broken` when the bytes no longer have the digest */
  read(digest: Digest): Promise<Buffer>;
  /** Keeps a small document. @throws Fault `invalid` when the bytes do not have the digest */
  put(digest: Digest, bytes: Uint8Array): Promise<void>;
  stage(): Promise<StagedBlob>;
  usage(): TreeUsage;
}

/** What somebody needs kept. */
export interface Holdings {
  readonly layers: readonly ChainId[];
  readonly blobs: readonly Digest[];
}

/** Keeps things from being collected while work goes on; forgotten when the daemon ends. */
export interface Lease {
  addLayer(chainId: ChainId): void;
  addBlob(digest: Digest): void;
  close(): void;
}

export interface Collected {
  readonly layers: number;
  readonly blobs: number;
}

/** Where the disk and the records of the store do not agree. */
export interface StoreAudit {
  readonly counts: { readonly layers: number; readonly snapshots: number; readonly blobs: number };
  /** Files and directories that no record tells of and nobody is making. */
  readonly strays: readonly string[];
  /** What records tell of and is not on the disk. */
  readonly missing: readonly { readonly kind: "layer" | "blob"; readonly id: string; readonly path: string }[];
  /** Records that could not be read when the daemon started, and were put aside. */
  readonly quarantined: readonly (QuarantinedRecord & { readonly table: string })[];
  /** Database files that were damaged and put aside. */
  readonly setAside: readonly string[];
}

/**
 * Everything of crisp that is on disk for longer than a boot.
 *
 * Layers and blobs live as long as a snapshot, a holding or a lease names them.
 */
export interface Store {
  readonly directory: string;
  readonly layers: Layers;
  readonly snapshots: Snapshots;
  readonly blobs: Blobs;
  /** Opens the table of this name and reads all of it. Once a name. */
  records<T>(name: string, codec: Codec<T>): RecordTable<T>;
  /** Runs changes of any tables and holdings as one: all are durable, or none is and memory is as before. */
  transaction<T>(work: () => T, survives?: Durability): T;
  /** Keeps things for an owner, instead of what the owner held before. Durable. */
  hold(owner: string, holdings: Holdings): void;
  /** Drops an owner's holdings. Missing is success. */
  release(owner: string): void;
  lease(): Lease;
  /**
   * Brings new layers and blobs to the disk.
   *
   * Until then they outlive a crash of the daemon, not one of the machine: the
   * next boot forgets them, so that a half-written one is never used. All that
   * was recorded before survives a power loss from then on, too.
   */
  makeDurable(): Promise<void>;
  /** Removes layers and blobs that nobody needs. */
  collectGarbage(): Promise<Collected>;
  /** Compares the disk with the records; what is being made, or removed, is no stray. */
  audit(): Promise<StoreAudit>;
  /** Removes a stray that an audit found, with what is mounted on it. One that is none, or none any more, stays. */
  removeStray(path: string): Promise<void>;
  /** Proves that records can be written: a real write. @throws Fault */
  probe(): void;
  close(): Promise<void>;
}
