import { createHash } from "node:crypto";
import { type TreeResult, TreeWriter } from "#host";
import { TarReader } from "#wire";
import { contentMismatch } from "../faults.ts";
import type { BlobSource } from "./blob-source.ts";
import { decompress } from "./decompress.ts";
import { LayerWriter } from "./layer-writer.ts";
import type { UnpackTask } from "./protocol.ts";

/**
 * Unpacks a layer while its blob is still being received, and checks both digests.
 *
 * Files are written before the digests are known; nothing but this layer's
 * directory is touched, and the caller drops it when this throws.
 *
 * @throws Fault `invalid` for a damaged or hostile archive, `exhausted` for one over its limits or a full disk
 */
export async function unpackLayer(task: UnpackTask, source: BlobSource, signal: AbortSignal): Promise<TreeResult> {
  const tree = new TreeWriter(task.directory, task.limits);
  const writer = new LayerWriter(tree, { isBottom: task.isBottom });
  const tar = new TarReader(writer);
  const diffHash = createHash("sha256");
  try {
    await decompress(
      source,
      (piece) => {
        diffHash.update(piece);
        tar.push(piece);
      },
      signal,
    );
    tar.finish();
    assertDigest("blob", task.blobDigest, await source.digest(signal));
    assertDigest("unpacked archive", task.diffId, `sha256:${diffHash.digest("hex")}`);
    return writer.finish();
  } finally {
    tree.close();
  }
}

function assertDigest(what: string, expected: string, actual: string): void {
  if (expected !== actual) throw contentMismatch(what, expected, actual);
}
