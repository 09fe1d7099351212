import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { isErrno } from "../errno.ts";
import { loadTreeCalls, type TreeCalls } from "./calls.ts";
import { partsInside, statAt, TreeDirectories } from "./directories.ts";
import { erase } from "./erase.ts";
import { badName, entryFault, treeTooLarge } from "./faults.ts";
import { below, toByteString, toPath } from "./names.ts";
import type { TreeAttributes, TreeLimits, TreeNode, TreeResult } from "./types.ts";
import { diskBytes } from "./usage.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, S_IFBLK, S_IFCHR, S_IFIFO } = constants;

const nodeTypes: Readonly<Record<TreeNode["kind"], number>> = {
  "character-device": S_IFCHR,
  "block-device": S_IFBLK,
  fifo: S_IFIFO,
};

/** What overlay takes as "nothing of the layers below shows here". */
const whiteout = { kind: "character-device", major: 0, minor: 0 } as const;
const opaqueXattr = "trusted.overlay.opaque";

interface OpenFile {
  readonly name: string;
  readonly fd: number;
  readonly attributes: TreeAttributes;
  /** Where the next bytes go. */
  sizeBytes: number;
  /** Without holes. */
  diskBytes: number;
  hasHoles: boolean;
  endsInHole: boolean;
}

/**
 * Writes a tree of files under one directory from names that nobody vouches for.
 *
 * SAFETY: nothing outside of the root is ever made, changed or removed. Names
 * are resolved as {@link TreeDirectories} says; what is made last is made with
 * O_EXCL, so that no link is followed; a hard link only joins two names inside.
 * The root must belong to the writer alone while it writes.
 *
 * Names are byte strings (see `names.ts`). A later entry of a name replaces an
 * earlier one; directories are merged. It blocks: use it in a thread of its own.
 */
export class TreeWriter {
  readonly #root: string;
  readonly #limits: TreeLimits;
  readonly #calls: TreeCalls;
  readonly #directories: TreeDirectories;
  /** Times of directories, set at the end: each entry made in one changes its time. */
  readonly #directoryTimes = new Map<string, bigint>();
  readonly #implied = new Set<string>();
  /** Space of files with holes, by inode: their size does not tell it. */
  readonly #sparse = new Map<number, number>();
  #entries = 0;
  #contentBytes = 0;
  #inodes = 1;
  #usedBytes = diskBytes(1);
  #file: OpenFile | undefined;

  constructor(root: string, limits: TreeLimits, calls: TreeCalls = loadTreeCalls()) {
    this.#root = toByteString(root);
    this.#limits = limits;
    this.#calls = calls;
    this.#directories = new TreeDirectories(this.#root, (directory) => {
      this.#countDirectory();
      this.#implied.add(directory);
    });
  }

  /** Makes a directory, or gives an existing one these attributes. The root itself is named "." or "/". */
  directory(name: string, attributes: TreeAttributes): void {
    const place = this.#place(name);
    this.#attempt(name, () => {
      const hidesLower = this.#ensureDirectory(place);
      const path = this.#path(place);
      lchownSync(path, attributes.uid, attributes.gid);
      chmodSync(path, attributes.mode);
      for (const [key, value] of allowedXattrs(attributes)) this.#calls.setXattrAt(path, key, value);
      if (hidesLower) this.#setOpaque(place);
    });
    this.#implied.delete(place);
    this.#directoryTimes.set(place, attributes.modifiedAtNanos);
  }

  /** Begins a file; `write` adds to it, `endFile` completes it. */
  beginFile(name: string, attributes: TreeAttributes): void {
    const place = this.#innerPlace(name);
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const fd = this.#create(name, place, () => openSync(this.#path(place), flags, 0o600));
    this.#file = { name, fd, attributes, sizeBytes: 0, diskBytes: 0, hasHoles: false, endsInHole: false };
  }

  write(bytes: Uint8Array): void {
    const file = this.#openFile();
    this.#countContent(bytes.length);
    this.#attempt(file.name, () => {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file.fd, bytes, at, bytes.length - at, file.sizeBytes + at);
      }
    });
    const end = file.sizeBytes + bytes.length;
    // Clusters that the file's earlier end had reached into are counted already.
    file.diskBytes += file.endsInHole ? diskBytes(bytes.length) : diskBytes(end) - diskBytes(file.sizeBytes);
    file.sizeBytes = end;
    file.endsInHole = false;
  }

  /** Leaves a hole in the file. It counts as content: what reads the file gets that many bytes. */
  skip(sizeBytes: number): void {
    const file = this.#openFile();
    this.#countContent(sizeBytes);
    file.sizeBytes += sizeBytes;
    file.hasHoles = true;
    file.endsInHole = true;
  }

  endFile(): void {
    const { name, fd, attributes, sizeBytes, diskBytes: usedBytes, hasHoles, endsInHole } = this.#openFile();
    this.#attempt(name, () => {
      if (hasHoles) this.#sparse.set(fstatSync(fd).ino, usedBytes);
      if (endsInHole) ftruncateSync(fd, sizeBytes);
      // In this order: a change of owner drops set-id bits and capabilities.
      fchownSync(fd, attributes.uid, attributes.gid);
      fchmodSync(fd, attributes.mode);
      for (const [key, value] of allowedXattrs(attributes)) this.#calls.setXattr(fd, key, value);
      this.#calls.setTime(fd, attributes.modifiedAtNanos);
    });
    this.#usedBytes += usedBytes;
    this.close();
  }

  symlink(name: string, target: string, attributes: TreeAttributes): void {
    const place = this.#innerPlace(name);
    if (target.includes("\0")) throw badName(name, "the target holds a NUL byte");
    this.#create(name, place, () => symlinkSync(toPath(target), this.#path(place)));
    this.#finishNode(name, place, attributes);
  }

  /** Gives an entry of this tree a second name. @throws Fault `invalid` when there is no such file in the tree */
  hardLink(name: string, existing: string): void {
    const source = this.#existingPlace(existing);
    if (source === undefined) throw badName(name, `${JSON.stringify(existing)}, which it links to, is not in the tree`);
    const place = this.#innerPlace(name);
    if (source === place) return;
    this.#create(name, place, () => linkSync(this.#path(source), this.#path(place)));
    this.#inodes -= 1;
  }

  node(name: string, node: TreeNode, attributes: TreeAttributes): void {
    const place = this.#innerPlace(name);
    this.#create(name, place, () => this.#calls.makeNode(this.#path(place), nodeTypes[node.kind] | 0o600, node));
    this.#attempt(name, () => lchownSync(this.#path(place), attributes.uid, attributes.gid));
    this.#attempt(name, () => chmodSync(this.#path(place), attributes.mode));
    this.#finishNode(name, place, attributes);
  }

  /** Hides what layers below have under this name; what this tree has there stays, since it is not below. */
  whiteout(name: string): void {
    const place = this.#innerPlace(name);
    const found = statAt(below(this.#root, place));
    if (found?.isDirectory() === true) this.#setOpaque(place);
    if (found !== undefined) return;
    this.#create(name, place, () => this.#calls.makeNode(this.#path(place), S_IFCHR, whiteout));
  }

  /** Hides all that layers below have in this directory. */
  opaque(name: string): void {
    const place = this.#directories.ensure(partsInside(name), name);
    this.#setOpaque(place);
  }

  /** Completes the tree. Nothing may be written afterwards. */
  finish(): TreeResult {
    for (const [place, nanos] of this.#directoryTimes) {
      this.#attempt(place, () => this.#calls.setTimeAt(this.#path(place), nanos));
    }
    return {
      usage: { usedBytes: BigInt(this.#usedBytes), inodes: BigInt(this.#inodes) },
      impliedDirectories: [...this.#implied],
    };
  }

  /** Closes a file that was begun. What has been written stays. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw badName("", "no file was begun");
    return this.#file;
  }

  #finishNode(name: string, place: string, attributes: TreeAttributes): void {
    const path = this.#path(place);
    this.#attempt(name, () => lchownSync(path, attributes.uid, attributes.gid));
    this.#attempt(name, () => this.#calls.setTimeAt(path, attributes.modifiedAtNanos));
  }

  /** Makes the directory; says whether it must hide what layers below have there, because a whiteout was there. */
  #ensureDirectory(place: string): boolean {
    const found = statAt(below(this.#root, place));
    if (found?.isDirectory() === true) return false;
    if (found !== undefined) this.#makeRoom(place);
    mkdirSync(this.#path(place), 0o700);
    this.#countDirectory();
    return found?.isCharacterDevice() === true && found.rdev === 0;
  }

  /** Makes something that is no directory, in place of what is there. */
  #create<T>(name: string, place: string, make: () => T): T {
    this.#count(1);
    return this.#attempt(name, () => {
      try {
        return make();
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
        this.#makeRoom(place);
        return make();
      }
    });
  }

  #makeRoom(place: string): void {
    const { inodes, bytes } = erase(below(this.#root, place), this.#sparse);
    this.#inodes -= inodes;
    this.#usedBytes -= bytes;
    this.#directories.forget();
    for (const known of [...this.#directoryTimes.keys(), ...this.#implied]) {
      if (known !== place && !known.startsWith(`${place}/`)) continue;
      this.#directoryTimes.delete(known);
      this.#implied.delete(known);
    }
  }

  #setOpaque(place: string): void {
    this.#attempt(place, () => this.#calls.setXattrAt(this.#path(place), opaqueXattr, Buffer.from("y")));
  }

  #countContent(bytes: number): void {
    this.#contentBytes += bytes;
    if (this.#contentBytes > this.#limits.maxBytes) throw treeTooLarge("bytes", this.#limits.maxBytes);
  }

  #count(entries: number): void {
    this.#entries += entries;
    this.#inodes += entries;
    if (this.#entries > this.#limits.maxEntries) throw treeTooLarge("entries", this.#limits.maxEntries);
  }

  #countDirectory(): void {
    this.#count(1);
    this.#usedBytes += diskBytes(1);
  }

  /** Where a name really is: its parents resolved and made, "" for the root. */
  #place(name: string): string {
    const parts = partsInside(name);
    const last = parts.at(-1);
    return last === undefined ? "" : below(this.#directories.ensure(parts.slice(0, -1), name), last);
  }

  #innerPlace(name: string): string {
    const place = this.#place(name);
    if (place === "") throw badName(name, "the tree's root must be a directory");
    return place;
  }

  #existingPlace(name: string): string | undefined {
    const parts = partsInside(name);
    const last = parts.at(-1);
    const directory = last === undefined ? undefined : this.#directories.find(parts.slice(0, -1), name);
    if (last === undefined || directory === undefined) return undefined;
    const place = below(directory, last);
    return statAt(below(this.#root, place))?.isDirectory() === false ? place : undefined;
  }

  #path(place: string): string | Buffer {
    return toPath(below(this.#root, place));
  }

  #attempt<T>(name: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw entryFault(name, error);
    }
  }
}

function* allowedXattrs({ xattrs }: TreeAttributes): Generator<[string, Uint8Array]> {
  for (const [key, value] of xattrs) {
    const isUsers = key.startsWith("user.") && !key.startsWith("user.overlay.");
    if (isUsers || key === "security.capability") yield [key, value];
  }
}
