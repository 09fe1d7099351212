import { basename, join } from "node:path";
import { Fault } from "#foundation";
import { hostFault, mountInTree } from "../faults.ts";
import type { PieceSink } from "../files/piece-sink.ts";
import type { MountEntry } from "../mounts/types.ts";
import type { TreeEntry } from "../tree/types.ts";
import type {
  FileAccess,
  FileStat,
  Files,
  FilesystemUsage,
  OpenFile,
  TreeUsage,
  WatchDirectoryOptions,
  WriteAtomicOptions,
} from "../types.ts";
import type { FakeActs } from "./fake-acts.ts";
import { type FakeFileTree, type FakeNode, failed } from "./fake-file-tree.ts";
import { FakeWatches } from "./fake-watches.ts";

const blockBytes = 4_096;
const defaultLimitBytes = 16 * 1_048_576;
const gibibyte = 1_073_741_824n;

/** Files in memory. Mounts are known by their place only: what lies under one is not hidden. */
export class FakeFiles implements Files {
  /** What `filesystemUsage` answers, for tests of full disks. */
  space: FilesystemUsage = {
    totalBytes: 100n * gibibyte,
    availableBytes: 50n * gibibyte,
    totalInodes: 6_000_000n,
    availableInodes: 5_000_000n,
  };
  readonly #tree: FakeFileTree;
  readonly #acts: FakeActs;
  readonly #watches = new FakeWatches();
  readonly #mounts: () => readonly MountEntry[];

  constructor(tree: FakeFileTree, acts: FakeActs, mounts: () => readonly MountEntry[]) {
    this.#tree = tree;
    this.#acts = acts;
    this.#mounts = mounts;
  }

  async read(path: string, options?: { readonly maxBytes?: number }): Promise<Buffer> {
    return this.#act("read", path, () => {
      const { kind, data } = this.#tree.get(path);
      if (kind === "directory") throw failed("read", "EISDIR");
      const limitBytes = options?.maxBytes ?? defaultLimitBytes;
      if (data.length > limitBytes) throw new Fault("exhausted", `read ${path}: larger than ${limitBytes} bytes`);
      return Buffer.from(data);
    });
  }

  readRecent(path: string, { maxBytes }: { readonly maxBytes: number }): string {
    try {
      const { kind, data } = this.#tree.get(path);
      if (kind === "directory") throw failed("read", "EISDIR");
      if (data.length > maxBytes) throw new Fault("exhausted", `read ${path}: larger than ${maxBytes} bytes`);
      return data.toString();
    } catch (error) {
      throw hostFault(`read ${path}`, error);
    }
  }

  async readText(path: string, options?: { readonly maxBytes?: number }): Promise<string> {
    return (await this.read(path, options)).toString("utf8");
  }

  async readInside(root: string, path: string): Promise<Buffer> {
    return this.#act("read", `${path} in ${root}`, () => {
      const node = this.#tree.findInside(root, path);
      if (node === undefined) throw failed("open", "ENOENT");
      return Buffer.from(node.data);
    });
  }

  async resolveInside(root: string, path: string): Promise<string> {
    return this.#act("resolve", `${path} in ${root}`, () => this.#tree.pathInside(root, path));
  }

  async writeAtomic(path: string, data: string | Uint8Array, options?: WriteAtomicOptions): Promise<void> {
    await this.#act("write", path, () => {
      if (this.#tree.find(path, "keep")?.kind === "directory") throw failed("rename", "EISDIR");
      this.#put(path, this.#newFile(data, options?.mode));
    });
  }

  async write(path: string, data: string | Uint8Array, options?: { readonly mode?: number }): Promise<void> {
    await this.#act("write", path, () => {
      const file = this.#tree.find(path);
      if (file?.kind === "directory") throw failed("open", "EISDIR");
      if (file === undefined) this.#put(path, this.#newFile(data, options?.mode));
      else file.data = Buffer.from(data);
      this.#watches.changed(path);
    });
  }

  async scatterTrees(path: string): Promise<void> {
    await this.#act("scatter trees", path, () => void this.#tree.get(path));
  }

  async writeFifo(path: string, data: string | Uint8Array): Promise<void> {
    await this.#act("write", path, () => {
      const { reader } = this.#tree.get(path);
      if (reader === undefined) throw new Fault("wrong-state", `write ${path}: nobody reads it`);
      reader(Buffer.from(data));
    });
  }

  async createLarge(path: string, temporary: string): Promise<PieceSink> {
    await this.#act("create", path, () => this.#put(temporary, this.#newFile("", 0o600)));
    return {
      write: async (bytes) => {
        const file = this.#tree.get(temporary);
        file.data = Buffer.concat([file.data, bytes]);
      },
      commit: () => this.rename(temporary, path),
      discard: async () => {
        if (this.#tree.find(temporary) !== undefined) await this.remove(temporary);
      },
    };
  }

  async *readPieces(path: string): AsyncGenerator<Uint8Array> {
    yield await this.read(path);
  }

  async *walkTree(path: string): AsyncGenerator<TreeEntry> {
    await this.#act("walk", path, () => this.#tree.get(path));
    yield* entriesBelow(this.#tree.get(path), "");
  }

  /** Programs of this machine have no descriptors: a file that is opened is one that is there. */
  async openForChild(path: string, access: FileAccess, options?: { readonly mode?: number }): Promise<OpenFile> {
    return await this.#act("open", path, () => {
      const file = this.#tree.find(path);
      if (file?.kind === "directory") throw failed("open", "EISDIR");
      if (file === undefined && access !== "append") throw failed("open", "ENOENT");
      if (file === undefined) this.#put(path, this.#newFile("", options?.mode));
      return { fd: -1, close: () => Promise.resolve() };
    });
  }

  async makeDirectory(path: string, options?: { readonly mode?: number }): Promise<void> {
    await this.#act("make directory", path, () => {
      const parts = path.split("/").filter(Boolean);
      for (let depth = 1; depth <= parts.length; depth += 1) {
        const each = `/${parts.slice(0, depth).join("/")}`;
        const there = this.#tree.find(each);
        if (there !== undefined && there.kind !== "directory") throw failed("mkdir", "EEXIST");
        const mode = depth === parts.length ? options?.mode : undefined;
        if (there === undefined) this.#put(each, this.#tree.make("directory", mode ?? 0o755));
      }
    });
  }

  async remove(path: string): Promise<void> {
    await this.#act("remove", path, () => {
      if (this.#tree.find(path, "keep") === undefined) return;
      const mount = this.#mounts().find(({ target }) => target === path || target.startsWith(`${path}/`));
      if (mount !== undefined) throw mountInTree(path, mount.target);
      this.#tree.directoryOf(path).children.delete(basename(path));
      this.#watches.changed(path);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#act("rename", from, () => {
      const node = this.#tree.get(from, "keep");
      const replaced = this.#tree.find(to, "keep");
      if (replaced?.kind === "directory" && replaced.children.size > 0) throw failed("rename", "ENOTEMPTY");
      this.#put(to, node);
      this.#tree.directoryOf(from).children.delete(basename(from));
      this.#watches.changed(from);
    });
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#act("link", path, () => {
      if (this.#tree.find(path, "keep") !== undefined) throw failed("symlink", "EEXIST");
      this.#put(path, Object.assign(this.#tree.make("symlink", 0o777), { target }));
    });
  }

  async list(path: string): Promise<readonly string[]> {
    return this.#act("list", path, () => {
      const directory = this.#tree.find(path);
      if (directory === undefined) return [];
      if (directory.kind !== "directory") throw failed("scandir", "ENOTDIR");
      return [...directory.children.keys()].sort();
    });
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const node = this.#tree.find(path, "keep");
    if (node === undefined) return undefined;
    const { kind, mode, uid, gid, inode, modifiedAtNanos } = node;
    const sizeBytes = kind === "symlink" ? Buffer.byteLength(node.target) : node.data.length;
    return { kind: kind === "fifo" ? "other" : kind, sizeBytes, mode, uid, gid, inode, device: 1n, modifiedAtNanos };
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    await this.#act("chown", path, () => void Object.assign(this.#tree.get(path), { uid, gid }));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#act("chmod", path, () => void Object.assign(this.#tree.get(path), { mode }));
  }

  async syncFilesystem(path: string): Promise<void> {
    await this.#act("sync", path, () => void this.#tree.get(path));
  }

  async filesystemUsage(path: string): Promise<FilesystemUsage> {
    return this.#act("filesystem usage", path, () => {
      this.#tree.get(path);
      return this.space;
    });
  }

  async treeUsage(path: string): Promise<TreeUsage> {
    return this.#act("measure", path, () => usageOf(this.#tree.get(path, "keep")));
  }

  watchDirectory(path: string, options: WatchDirectoryOptions): { close(): void } {
    return this.#watches.add(path, options);
  }

  /** Makes a fifo, as an outside program would; without a reader, writing to it is refused. */
  makeFifo(path: string, reader?: (data: Buffer) => void): void {
    this.#put(path, Object.assign(this.#tree.make("fifo", 0o600), { reader }));
  }

  /** Every path below a directory, sorted: what a test compares before and after. */
  pathsBelow(path: string): readonly string[] {
    const below = (at: string, node: FakeNode | undefined): readonly string[] =>
      [...(node?.children ?? [])].flatMap(([name, child]) => [join(at, name), ...below(join(at, name), child)]);
    return [...below(path, this.#tree.find(path))].sort();
  }

  #newFile(data: string | Uint8Array, mode = 0o644): FakeNode {
    return Object.assign(this.#tree.make("file", mode), { data: Buffer.from(data) });
  }

  #put(path: string, node: FakeNode): void {
    this.#tree.directoryOf(path).children.set(basename(path), node);
    this.#watches.changed(path);
  }

  async #act<T>(name: string, path: string, act: () => T): Promise<T> {
    await this.#acts.begin(`files.${name}`, path);
    try {
      return act();
    } catch (error) {
      throw hostFault(`${name} ${path}`, error);
    }
  }
}

function* entriesBelow(node: FakeNode, name: string): Generator<TreeEntry> {
  for (const [own, child] of [...node.children].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { kind, mode, uid, gid, modifiedAtNanos, data, target: linkTarget } = child;
    const path = join(name, own);
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield data;
    };
    const rest = { mode, uid, gid, modifiedAtNanos, major: 0, minor: 0, xattrs: new Map(), content };
    yield { kind, name: path, linkTarget, sizeBytes: kind === "file" ? data.length : 0, ...rest };
    yield* entriesBelow(child, path);
  }
}

function usageOf(node: FakeNode): TreeUsage {
  const below = [...node.children.values()].map(usageOf);
  const blocks = node.kind === "directory" ? 1 : Math.ceil(node.data.length / blockBytes);
  return below.reduce(
    (sum, each) => ({ usedBytes: sum.usedBytes + each.usedBytes, inodes: sum.inodes + each.inodes }),
    { usedBytes: BigInt(blocks * blockBytes), inodes: 1n },
  );
}
