import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { allOrNothing } from "#foundation";
import type { Host, TreeUsage } from "#host";
import type { ChainId } from "#spec";
import { forgetUnflushed, unflushed } from "./boot-mark.ts";
import type { LayerRecord } from "./codecs.ts";
import { layerMissing } from "./faults.ts";
import { layerDirectory, type StorePaths } from "./paths.ts";
import type { Layer, LayerFacts, Layers, RecordTable, StagedLayer } from "./types.ts";

export interface LayerDeps {
  readonly paths: StorePaths;
  readonly files: Host["files"];
  readonly bootId: string;
  readonly table: RecordTable<LayerRecord>;
}

/**
 * Layer directories and their records.
 *
 * Invariants: a record's directory is complete; a directory without a record
 * belongs to a staging of this process, or is a stray that the next start
 * removes. Numbers are never used twice while the process lives.
 */
export class LayerDirectories implements Layers {
  readonly #deps: LayerDeps;
  /** Names of directories that are being filled, or become a layer. */
  readonly #unfinished = new Set<string>();
  #lastNumber = 0;

  constructor(deps: LayerDeps) {
    this.#deps = deps;
  }

  /** Drops records without a directory; returns them, and the directories without a record. */
  async reconcile(): Promise<{ readonly lost: readonly string[]; readonly strays: readonly string[] }> {
    const { paths, files, table, bootId } = this.#deps;
    const lost = [...forgetUnflushed(table, bootId)];
    const present = new Set(await files.list(paths.layers));
    for (const [chainId, { number }] of table.all()) {
      if (present.delete(String(number))) continue;
      table.remove(chainId);
      lost.push(chainId);
    }
    const numbers = [...present, ...table.list().map(({ number }) => number)].map(Number);
    this.#lastNumber = Math.max(0, ...numbers.filter(Number.isSafeInteger));
    return { lost, strays: [...present].map((name) => join(paths.layers, name)) };
  }

  find(chainId: ChainId): Layer | undefined {
    const record = this.#deps.table.find(chainId);
    return record === undefined ? undefined : this.#toLayer(chainId, record);
  }

  /** @throws Fault `not-found` */
  get(chainId: ChainId): Layer {
    const layer = this.find(chainId);
    if (layer === undefined) throw layerMissing(chainId);
    return layer;
  }

  async stage(): Promise<StagedLayer> {
    const { files, paths } = this.#deps;
    const staging = join(paths.layers, `tmp-${randomBytes(8).toString("hex")}`);
    const directory = join(staging, "fs");
    const discard = async (): Promise<void> => {
      await files.remove(staging);
      this.#unfinished.delete(basename(staging));
    };
    this.#unfinished.add(basename(staging));
    await allOrNothing(
      async (undo) => {
        undo.push({ name: "discard layer directory", run: discard });
        await files.makeDirectory(staging, { mode: 0o700 });
        await files.makeDirectory(directory, { mode: 0o755 });
      },
      // Nobody answers for it any more: the next collection takes it.
      () => void this.#unfinished.delete(basename(staging)),
    );
    return { directory, commit: (facts) => this.#commit(staging, facts), discard };
  }

  usage(): TreeUsage {
    const total = { usedBytes: 0, inodes: 0 };
    for (const { usedBytes, inodes } of this.#deps.table.list()) {
      total.usedBytes += usedBytes;
      total.inodes += inodes;
    }
    return { usedBytes: BigInt(total.usedBytes), inodes: BigInt(total.inodes) };
  }

  list(): readonly Layer[] {
    return [...this.#deps.table.all()].map(([chainId, record]) => this.#toLayer(chainId as ChainId, record));
  }

  /** Names of the directories that somebody answers for: a layer's, or one that is being filled. */
  knownNames(): readonly string[] {
    return [...this.#deps.table.list().map(({ number }) => String(number)), ...this.#unfinished];
  }

  /** Chain ids of layers that no crash of the machine may damage any more once the disk is flushed. */
  unflushed(): readonly string[] {
    return unflushed(this.#deps.table);
  }

  /** Drops the records of these layers at once; returns the directories to remove. */
  drop(chainIds: readonly ChainId[]): readonly string[] {
    const { paths, table } = this.#deps;
    const dropped = chainIds.map((chainId) => table.get(chainId));
    for (const chainId of chainIds) table.remove(chainId);
    return dropped.map(({ number }) => dirname(layerDirectory(paths, number)));
  }

  async #commit(staging: string, facts: LayerFacts): Promise<Layer> {
    const { files, paths } = this.#deps;
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const home = dirname(layerDirectory(paths, number));
    this.#unfinished.add(String(number));
    try {
      await files.rename(staging, home);
      return await this.#enter(home, { number, facts });
    } finally {
      for (const name of [basename(staging), String(number)]) this.#unfinished.delete(name);
    }
  }

  /** Makes a layer of a directory that is in its place. */
  async #enter(
    home: string,
    { number, facts }: { readonly number: number; readonly facts: LayerFacts },
  ): Promise<Layer> {
    const { files, table, bootId } = this.#deps;
    const { chainId, diffId, usage } = facts;
    const earlier = this.find(chainId);
    if (earlier !== undefined) {
      await files.remove(home);
      return earlier;
    }
    const counts = { usedBytes: Number(usage.usedBytes), inodes: Number(usage.inodes) };
    const record: LayerRecord = { number, diffId, ...counts, boot: bootId };
    try {
      // A power loss loses more than the record: until `makeDurable`, the files themselves are not trusted after one.
      table.insert(chainId, record, "crash");
    } catch (error) {
      await files.remove(home);
      throw error;
    }
    return this.#toLayer(chainId, record);
  }

  #toLayer(chainId: ChainId, record: LayerRecord): Layer {
    return {
      chainId,
      diffId: record.diffId,
      directory: layerDirectory(this.#deps.paths, record.number),
      usage: { usedBytes: BigInt(record.usedBytes), inodes: BigInt(record.inodes) },
    };
  }
}
