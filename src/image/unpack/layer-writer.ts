import { assertNever, Fault } from "#foundation";
import type { TreeResult, TreeWriter } from "#host";
import type { TarEntry, TarSink } from "#wire";

/** Names with this prefix are not files but say what of the layers below is gone. */
const whiteoutPrefix = ".wh.";
/** A whiteout for all that layers below have in the directory it lies in. */
const opaqueName = ".wh..wh..opq";
/** Book-keeping of a file system that older tools stored layers in. */
const foreignPrefix = ".wh..wh.";

/**
 * Writes a layer archive's entries into a tree, with whiteouts as overlay wants them.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
export class LayerWriter implements TarSink {
  readonly #tree: TreeWriter;
  readonly #isBottom: boolean;
  #isFile = false;

  constructor(tree: TreeWriter, options: { readonly isBottom: boolean }) {
    this.#tree = tree;
    this.#isBottom = options.isBottom;
  }

  entry(entry: TarEntry): void {
    const { directory, base } = splitName(entry.path);
    if (base.startsWith(whiteoutPrefix)) this.#whiteout(directory, base);
    else this.#write(entry);
  }

  content(bytes: Uint8Array): void {
    if (this.#isFile) this.#tree.write(bytes);
  }

  hole(sizeBytes: number): void {
    if (this.#isFile) this.#tree.skip(sizeBytes);
  }

  entryEnd(): void {
    if (this.#isFile) this.#tree.endFile();
    this.#isFile = false;
  }

  finish(): TreeResult {
    return this.#tree.finish();
  }

  #write(entry: TarEntry): void {
    const { kind, path, linkPath } = entry;
    switch (kind) {
      case "file":
        this.#tree.beginFile(path, entry);
        this.#isFile = true;
        return;
      case "directory":
        return this.#tree.directory(path, entry);
      case "symlink":
        return this.#tree.symlink(path, linkPath, entry);
      case "hard-link":
        return this.#tree.hardLink(path, linkPath);
      case "character-device":
      case "block-device":
      case "fifo":
        return this.#tree.node(path, { kind, major: entry.deviceMajor, minor: entry.deviceMinor }, entry);
      default:
        return assertNever(kind, "tar entry");
    }
  }

  #whiteout(directory: string, base: string): void {
    const hidden = base.slice(whiteoutPrefix.length);
    if (base !== opaqueName && base.startsWith(foreignPrefix)) return;
    if (base !== opaqueName && (hidden === "" || hidden === "." || hidden === "..")) {
      throw new Fault("invalid", `whiteout ${JSON.stringify(base)} names nothing`);
    }
    if (this.#isBottom) return;
    if (base === opaqueName) this.#tree.opaque(directory);
    else this.#tree.whiteout(`${directory}/${hidden}`);
  }
}

function splitName(path: string): { readonly directory: string; readonly base: string } {
  const trimmed = path.replace(/\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  return { directory: slash === -1 ? "." : trimmed.slice(0, slash), base: trimmed.slice(slash + 1) };
}
