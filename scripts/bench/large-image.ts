import { buildImage } from "../../test/support/image.ts";
import { type PushedImage, pushImage } from "../../test/support/push.ts";
import type { Registry } from "../../test/support/registry.ts";
import type { TarEntry } from "../../test/support/tar.ts";

const mebibyte: number = 1024 * 1024;
const layerCount = 10;
const layerBytes: number = 50 * mebibyte;
const smallFileBytes = 8 * 1024;
const filesInDirectory = 100;

/**
 * Pushes an image of 500 MB in ten layers: in every second one thousands of
 * small files, in the others three large ones. It packs to a third, as programs do.
 */
export async function pushLargeImage(registry: Registry): Promise<PushedImage> {
  return pushImage(registry, "bench/large:1", buildImage({ layers: layers() }));
}

function* layers(): Generator<readonly TarEntry[]> {
  for (let layer = 0; layer < layerCount; layer += 1) {
    const content = contentOf(layer, layerBytes);
    yield layer % 2 === 0 ? smallFiles(layer, content) : largeFiles(layer, content);
  }
}

function largeFiles(layer: number, content: Buffer): readonly TarEntry[] {
  const third = Math.floor(content.length / 3);
  return [0, 1, 2].map((part) => ({
    path: `large-${layer}-${part}`,
    kind: "file",
    body: content.subarray(part * third, (part + 1) * third),
  }));
}

function smallFiles(layer: number, content: Buffer): readonly TarEntry[] {
  const entries: TarEntry[] = [{ path: `small-${layer}`, kind: "directory" }];
  for (let at = 0, file = 0; at < content.length; at += smallFileBytes, file += 1) {
    const directory = `small-${layer}/${Math.floor(file / filesInDirectory)}`;
    if (file % filesInDirectory === 0) entries.push({ path: directory, kind: "directory" });
    entries.push({ path: `${directory}/${file}`, kind: "file", body: content.subarray(at, at + smallFileBytes) });
  }
  return entries;
}

/** Bytes that are the same in every run and pack to about a third: words out of a list, as chance has it. */
function contentOf(seed: number, sizeBytes: number): Buffer {
  const random = randomNumbers(seed + 1);
  const words = Array.from({ length: 4096 }, () => wordOf(random));
  const content = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; ) at += words[random() % words.length]?.copy(content, at) ?? 0;
  return content;
}

function wordOf(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: 3 + (random() % 6) }, () => random() % 256));
}

/** xorshift: numbers below 2^32, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
