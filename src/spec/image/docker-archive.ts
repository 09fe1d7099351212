import { type JsonObject, parseJsonList, toObject, toText, toTexts } from "./fields.ts";

/** Most bytes of an archive's list of images. */
export const maxDockerArchiveBytes: number = 4 * 1024 * 1024;

/** An image in an archive that `docker save` wrote. */
export interface DockerArchiveImage {
  /** File of the configuration. */
  readonly config: string;
  /** Files of the layers, lowest first. */
  readonly layers: readonly string[];
  /** "busybox:1.36". */
  readonly repoTags: readonly string[];
}

/**
 * Reads manifest.json of a `docker save` archive.
 *
 * @throws Fault `invalid`
 */
export function decodeDockerArchive(bytes: Uint8Array): readonly DockerArchiveImage[] {
  return parseJsonList(bytes, "manifest.json", maxDockerArchiveBytes).map((value, index) => {
    const image: JsonObject = toObject(value, `manifest.json[${index}]`);
    return {
      config: toText(image["Config"], `manifest.json[${index}].Config`),
      layers: toTexts(image["Layers"], `manifest.json[${index}].Layers`),
      repoTags: toTexts(image["RepoTags"], `manifest.json[${index}].RepoTags`),
    };
  });
}
