import { type Digest, Fault, type ImageId } from "#foundation";
import { type ChainId, type ImageConfig, imageIdOf, parseDigest } from "#spec";
import type { Codec } from "#store";
import type { KeptSignatures } from "./signature/types.ts";

/** An image as the store keeps it. */
export interface ImageRecord {
  readonly id: ImageId;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  readonly config: ImageConfig;
  readonly layers: readonly ChainId[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly documents: readonly Digest[];
  /** What signed it, by pull. */
  readonly signatures: readonly KeptSignatures[];
}

type Members = Readonly<Record<string, unknown>>;

export const imageCodec: Codec<ImageRecord> = {
  encode: (record) => record,
  decode(value) {
    const record = members(value, "image");
    return {
      id: imageIdOf(parseDigest(text(record, "id"))),
      repoTags: texts(record, "repoTags"),
      repoDigests: texts(record, "repoDigests"),
      sizeBytes: positive(record, "sizeBytes"),
      config: decodeConfig(members(record["config"], "config")),
      layers: texts(record, "layers").map((layer) => parseDigest(layer) as string as ChainId),
      annotations: textMap(record, "annotations"),
      documents: texts(record, "documents").map(parseDigest),
      signatures: list(record["signatures"] ?? [], "signatures").map(decodeSignatures),
    };
  },
};

function decodeConfig(config: Members): ImageConfig {
  return {
    user: text(config, "user"),
    env: texts(config, "env"),
    entrypoint: texts(config, "entrypoint"),
    cmd: texts(config, "cmd"),
    workingDir: text(config, "workingDir"),
    volumes: texts(config, "volumes"),
    stopSignal: text(config, "stopSignal"),
    labels: textMap(config, "labels"),
  };
}

function decodeSignatures(value: unknown): KeptSignatures {
  const kept = members(value, "signatures");
  return {
    repository: text(kept, "repository"),
    top: parseDigest(text(kept, "top")),
    manifest: parseDigest(text(kept, "manifest")),
    document: parseDigest(text(kept, "document")),
  };
}

function members(value: unknown, name: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(name, "an object");
  return value as Members;
}

function text(record: Members, name: string): string {
  const value = record[name];
  if (typeof value !== "string") throw bad(name, "a text");
  return value;
}

function texts(record: Members, name: string): readonly string[] {
  const value = record[name];
  if (!Array.isArray(value) || !value.every((element) => typeof element === "string"))
    throw bad(name, "a list of texts");
  return value;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(name, "a list");
  return value;
}

function textMap(record: Members, name: string): Readonly<Record<string, string>> {
  const value = members(record[name], name);
  if (!Object.values(value).every((member) => typeof member === "string")) throw bad(name, "a map of texts");
  return value as Readonly<Record<string, string>>;
}

function positive(record: Members, name: string): number {
  const value = record[name];
  if (typeof value !== "number" || !(value > 0)) throw bad(name, "a positive number");
  return value;
}

function bad(name: string, wanted: string): Fault {
  return new Fault("broken", `image record: ${name} is not ${wanted}`);
}
