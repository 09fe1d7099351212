import type { Digest } from "#foundation";
import { type ChainId, parseDigest } from "#spec";
import type { BootMarked } from "./boot-mark.ts";
import type { Codec, Holdings } from "./types.ts";

export interface LayerRecord extends BootMarked {
  readonly number: number;
  readonly diffId: Digest;
  readonly usedBytes: number;
  readonly inodes: number;
}

export interface BlobRecord extends BootMarked {
  readonly sizeBytes: number;
}

export interface SnapshotRecord {
  readonly layers: readonly ChainId[];
}

export const layerCodec: Codec<LayerRecord> = {
  encode: same,
  decode(value) {
    const record = members(value);
    return {
      number: count(record["number"]),
      diffId: digest(record["diffId"]),
      usedBytes: count(record["usedBytes"]),
      inodes: count(record["inodes"]),
      ...bootOf(record),
    };
  },
};

export const blobCodec: Codec<BlobRecord> = {
  encode: same,
  decode(value) {
    const record = members(value);
    return { sizeBytes: count(record["sizeBytes"]), ...bootOf(record) };
  },
};

export const snapshotCodec: Codec<SnapshotRecord> = {
  encode: same,
  decode: (value) => ({ layers: chainIds(members(value)["layers"]) }),
};

export const holdingsCodec: Codec<Holdings> = {
  encode: same,
  decode(value) {
    const record = members(value);
    return { layers: chainIds(record["layers"]), blobs: list(record["blobs"]).map(digest) };
  },
};

function same<T>(value: T): T {
  return value;
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new TypeError("the record is not an object");
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("a list is missing");
  return value;
}

function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError("a number is missing");
  return value;
}

function digest(value: unknown): Digest {
  return parseDigest(String(value));
}

function chainIds(value: unknown): readonly ChainId[] {
  return list(value).map((element) => digest(element) as string as ChainId);
}

function bootOf(record: Readonly<Record<string, unknown>>): BootMarked {
  return typeof record["boot"] === "string" ? { boot: record["boot"] } : {};
}
