import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, readlink } from "node:fs/promises";
import { Fault } from "#foundation";
import { deviceNumberOf } from "../device-number.ts";
import { hostFault } from "../faults.ts";
import { loadTreeCalls, type TreeCalls } from "./calls.ts";
import { below, toPath, toText } from "./names.ts";
import type { TreeEntry } from "./types.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Each directory on the way down is held open. */
const maxDepth = 1_000;
const pieceBytes: number = 256 * 1024;

/**
 * Walks over all that is below a directory, parents first, names in order. Nothing on other file systems.
 *
 * SAFETY: no link is followed, neither at the end of a name nor on the way there: each directory is held open, and what is
 * in it is reached through that. So also a tree that somebody changes meanwhile leads nowhere else; but what is told of it
 * then is of several moments, and what vanishes under the reader's hands is a fault.
 *
 * @throws Fault `exhausted` for a tree that is deeper than 1,000 directories
 */
export async function* walkTree(
  root: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<TreeEntry> {
  const walk = new Walk();
  try {
    await walk.enter(root, "");
    for (let found = await walk.next(); found !== undefined; found = await walk.next()) {
      yield found;
      signal?.throwIfAborted();
    }
  } catch (error) {
    throw signal?.aborted === true ? error : hostFault(`read the tree ${root}`, error);
  } finally {
    await walk.close();
  }
}

/** A directory on the way down, and what of it is still to come. */
interface OpenDirectory {
  readonly handle: FileHandle;
  readonly name: string;
  /** Names, the next one last. */
  readonly rest: Buffer[];
}

class Walk {
  readonly #calls: TreeCalls = loadTreeCalls();
  readonly #way: OpenDirectory[] = [];
  /** Files with several names by their inodes, and the first of these names. */
  readonly #linked = new Map<bigint, string>();
  #device: bigint | undefined;
  /** A directory that was told of, and is entered when the next entry is asked for. */
  #told: { readonly at: string; readonly name: string } | undefined;

  async enter(at: string, name: string): Promise<void> {
    if (this.#way.length === maxDepth) {
      throw new Fault("exhausted", `${toText(name)}: deeper than ${maxDepth} directories`);
    }
    const handle = await open(toPath(at), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const directory: OpenDirectory = { handle, name, rest: [] };
    this.#way.push(directory);
    this.#device ??= (await handle.stat({ bigint: true })).dev;
    const names = await readdir(placeOf(directory), { encoding: "buffer" });
    directory.rest.push(...names.toSorted((a, b) => Buffer.compare(b, a)));
  }

  async next(): Promise<TreeEntry | undefined> {
    if (this.#told !== undefined) await this.enter(this.#told.at, this.#told.name);
    this.#told = undefined;
    for (let directory = this.#way.at(-1); directory !== undefined; directory = this.#way.at(-1)) {
      const child = directory.rest.pop()?.toString("latin1");
      if (child === undefined) {
        await this.#leave();
        continue;
      }
      const [at, name] = [`${placeOf(directory)}/${child}`, below(directory.name, child)];
      const stat = await lstat(toPath(at), { bigint: true });
      if (stat.dev !== this.#device) continue;
      if (stat.isDirectory()) this.#told = { at, name };
      return await this.#describe(at, name, stat);
    }
    return undefined;
  }

  async close(): Promise<void> {
    while (this.#way.length > 0) await this.#leave();
  }

  async #leave(): Promise<void> {
    await this.#way.pop()?.handle.close();
  }

  async #describe(at: string, name: string, stat: BigIntStats): Promise<TreeEntry> {
    const path = toPath(at);
    const earlier = this.#earlierName(name, stat);
    const device = deviceNumberOf(stat);
    const kind = earlier === undefined ? kindOf(stat) : "hard-link";
    const xattrs = this.#calls.listXattrsAt(path).flatMap((key) => {
      const value = this.#calls.getXattrAt(path, key);
      return value === undefined ? [] : [[key, Buffer.from(value)] as const];
    });
    return {
      kind,
      name,
      linkTarget: earlier ?? (kind === "symlink" ? (await readlink(path, "buffer")).toString("latin1") : ""),
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      sizeBytes: kind === "file" ? Number(stat.size) : 0,
      modifiedAtNanos: stat.mtimeNs,
      major: device?.major ?? 0,
      minor: device?.minor ?? 0,
      xattrs: new Map(xattrs),
      content: () => readContent(at, kind),
    };
  }

  /** The name under which this file came before; undefined when it is new. What has no content is told anew each time. */
  #earlierName(name: string, stat: BigIntStats): string | undefined {
    if (!stat.isFile() || stat.nlink < 2n) return undefined;
    const earlier = this.#linked.get(stat.ino);
    if (earlier === undefined) this.#linked.set(stat.ino, name);
    return earlier;
  }
}

/** Where what is in an open directory is reached, wherever that is by now. */
function placeOf({ handle }: OpenDirectory): string {
  return `/proc/self/fd/${handle.fd}`;
}

async function* readContent(at: string, kind: TreeEntry["kind"]): AsyncGenerator<Uint8Array> {
  if (kind !== "file") return;
  // What is no plain file any more must not make the opening wait.
  await using file = await open(toPath(at), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
  }
}

function kindOf(stat: BigIntStats): TreeEntry["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFIFO()) return "fifo";
  if (stat.isSocket()) return "socket";
  return stat.isBlockDevice() ? "block-device" : "character-device";
}
