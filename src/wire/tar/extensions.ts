import type { TarEntry, TarEntryKind } from "./entry.ts";
import { badArchive, unsupportedArchive } from "./faults.ts";
import type { TarHeader } from "./header.ts";
import { decodePax, type PaxExtensions } from "./pax.ts";
import type { PaxSparse } from "./pax-sparse.ts";

/** What an extension's content is for: it changes the next entry, or is to be ignored. */
export type ExtensionKind = "pax" | "long-name" | "long-link" | "ignored";

const extensionKinds: ReadonlyMap<string, ExtensionKind> = new Map([
  ["x", "pax"],
  ["L", "long-name"],
  ["K", "long-link"],
  ["g", "ignored"], // defaults for the whole archive: image tools leave them aside, too
  ["V", "ignored"], // the label of a tape
]);

const kinds: ReadonlyMap<string, TarEntryKind> = new Map([
  ["0", "file"],
  ["\0", "file"],
  ["7", "file"],
  ["S", "file"],
  ["1", "hard-link"],
  ["2", "symlink"],
  ["3", "character-device"],
  ["4", "block-device"],
  ["5", "directory"],
  ["6", "fifo"],
]);

/** An entry as its header and extensions have it; for a sparse file, `sizeBytes` is what is stored of it. */
interface ExtendedEntry extends TarEntry {
  readonly sparse: PaxSparse | undefined;
}

/** The kind of extension that a header begins; undefined when it is an entry's. */
export function extensionKindOf({ typeFlag }: TarHeader): ExtensionKind | undefined {
  return extensionKinds.get(typeFlag);
}

/** Extensions that wait for the entry which they change. */
export class PendingExtensions {
  #pax: PaxExtensions | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;

  get isEmpty(): boolean {
    return this.#pax === undefined && this.#longName === undefined && this.#longLink === undefined;
  }

  /** @throws Fault `invalid`, `unsupported` */
  add(kind: ExtensionKind, bytes: Buffer): void {
    switch (kind) {
      case "pax":
        this.#pax = decodePax(bytes);
        break;
      case "long-name":
        this.#longName = textOf(bytes);
        break;
      case "long-link":
        this.#longLink = textOf(bytes);
        break;
      case "ignored":
        break;
    }
  }

  /** The entry that they belong to; none waits afterwards. @throws Fault `invalid`, `unsupported` */
  applyTo(header: TarHeader): ExtendedEntry {
    const { typeFlag, modifiedAtSeconds, ...plain } = header;
    const { sparse, ...pax } = this.#pax ?? {};
    const extended = {
      ...plain,
      path: this.#longName ?? header.path,
      linkPath: this.#longLink ?? header.linkPath,
      modifiedAtNanos: BigInt(modifiedAtSeconds) * 1_000_000_000n,
      xattrs: noXattrs,
      ...pax,
      ...(sparse?.path === undefined ? {} : { path: sparse.path }),
    };
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    if (extended.path === "") throw badArchive("an entry has no name");
    const kind = kindOf(typeFlag, extended);
    if (sparse !== undefined && kind !== "file") throw badArchive(`a ${kind} is said to be sparse`);
    // Some tools give links the size of their target; no content follows.
    return { ...extended, kind, sizeBytes: kind === "file" ? extended.sizeBytes : 0, sparse };
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();

/** The oldest format marks a directory by the slash at the end of its name only. */
function kindOf(typeFlag: string, { path, sizeBytes }: Pick<TarHeader, "path" | "sizeBytes">): TarEntryKind {
  const kind = kinds.get(typeFlag);
  if (kind === undefined) throw unsupportedArchive(`entries of type ${JSON.stringify(typeFlag)} are not supported`);
  if (kind !== "file" || !path.endsWith("/")) return kind;
  if (sizeBytes > 0) throw badArchive("a directory has content");
  return "directory";
}

function textOf(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return bytes.toString("latin1", 0, nul === -1 ? bytes.length : nul);
}
