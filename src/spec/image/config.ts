import { type Digest, Fault } from "#foundation";
import { isDigest } from "./digest.ts";
import { type JsonObject, parseJsonObject, toList, toObject, toText, toTextMap, toTexts } from "./fields.ts";
import type { Platform } from "./platform.ts";

/** Most bytes that a configuration document may have: histories make them long. */
export const maxImageConfigBytes: number = 8 * 1024 * 1024;

/** How a container of the image runs unless told otherwise. */
export interface ImageConfig {
  /** "user", "uid", "user:group" …; empty: root. */
  readonly user: string;
  /** "NAME=value". */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Empty: "/". */
  readonly workingDir: string;
  /** Container paths that want a volume. */
  readonly volumes: readonly string[];
  /** "SIGTERM" or a number; empty: the default. */
  readonly stopSignal: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An image's configuration document, as far as crisp needs it. */
export interface ImageDocument {
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** Digests of the unpacked layers, bottom first. */
  readonly diffIds: readonly Digest[];
}

/**
 * Reads an image's configuration document.
 *
 * @throws Fault `invalid`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function decodeImageDocument(bytes: Uint8Array): ImageDocument {
  const document = parseJsonObject(bytes, "image config", maxImageConfigBytes);
  return {
    config: decodeImageConfig(document["config"] ?? {}),
    platform: {
      os: toText(document["os"], "image config.os"),
      architecture: toText(document["architecture"], "image config.architecture"),
      variant: toText(document["variant"], "image config.variant"),
    },
    diffIds: decodeDiffIds(document),
  };
}

function decodeDiffIds(document: JsonObject): readonly Digest[] {
  const rootfs = toObject(document["rootfs"], "image config.rootfs");
  return toList(rootfs["diff_ids"], "image config.rootfs.diff_ids").map((value) => {
    const diffId = toText(value, "image config.rootfs.diff_ids element");
    if (!isDigest(diffId)) throw new Fault("invalid", `diff id ${JSON.stringify(diffId)} is not a sha256 digest`);
    return diffId;
  });
}

function decodeImageConfig(value: unknown): ImageConfig {
  const config = toObject(value, "image config.config");
  return {
    user: toText(config["User"], "image config.config.User"),
    env: toTexts(config["Env"], "image config.config.Env"),
    entrypoint: toTexts(config["Entrypoint"], "image config.config.Entrypoint"),
    cmd: toTexts(config["Cmd"], "image config.config.Cmd"),
    workingDir: toText(config["WorkingDir"], "image config.config.WorkingDir"),
    volumes: Object.keys(toObject(config["Volumes"] ?? {}, "image config.config.Volumes")),
    stopSignal: toText(config["StopSignal"], "image config.config.StopSignal"),
    labels: toTextMap(config["Labels"], "image config.config.Labels"),
  };
}
