import { constants } from "node:os";
import { dirname, join, normalize } from "node:path";
import { SystemError } from "../errno.ts";

/** A file, directory, symlink or fifo in memory. */
export interface FakeNode {
  kind: "file" | "directory" | "symlink" | "fifo";
  readonly inode: bigint;
  readonly children: Map<string, FakeNode>;
  data: Buffer;
  target: string;
  /** Has the fifo open for reading. */
  reader: ((data: Buffer) => void) | undefined;
  mode: number;
  uid: number;
  gid: number;
  modifiedAtNanos: bigint;
}

type ErrnoName = keyof typeof constants.errno;

/** As many symlinks as Linux follows in one path. */
const mostSymlinks = 40;

/** The directory tree of a fake machine. Paths are absolute. */
export class FakeFileTree {
  readonly #root: FakeNode;
  #lastInode = 1n;

  constructor() {
    this.#root = this.make("directory", 0o755);
  }

  /** A node that is in no directory yet. */
  make(kind: FakeNode["kind"], mode: number): FakeNode {
    this.#lastInode += 1n;
    const [data, children] = [Buffer.alloc(0), new Map<string, FakeNode>()];
    const inode = this.#lastInode;
    return { kind, inode, children, data, target: "", reader: undefined, mode, uid: 0, gid: 0, modifiedAtNanos: inode };
  }

  /** What is at a path, the symlinks above it followed; itself only as asked. */
  find(path: string, last: "follow" | "keep" = "follow"): FakeNode | undefined {
    return resolve(this.#root, path, { last, followed: 0 })?.node;
  }

  /** What is at a path for a process whose root is a directory of this tree. */
  findInside(root: string, path: string): FakeNode | undefined {
    return resolve(this.get(root), path, { last: "follow", followed: 0 })?.node;
  }

  /** The path of it. @throws SystemError ENOENT */
  pathInside(root: string, path: string): string {
    const found = resolve(this.get(root), path, { last: "follow", followed: 0 });
    if (found === undefined) throw failed("open", "ENOENT");
    return join(root, found.path);
  }

  /** @throws SystemError ENOENT */
  get(path: string, last: "follow" | "keep" = "follow"): FakeNode {
    const node = this.find(path, last);
    if (node === undefined) throw failed("open", "ENOENT");
    return node;
  }

  /** The directory that holds a path's last name. @throws SystemError ENOENT, ENOTDIR */
  directoryOf(path: string): FakeNode {
    const parent = this.get(dirname(normalize(path)));
    if (parent.kind !== "directory") throw failed("open", "ENOTDIR");
    return parent;
  }
}

/** Walks from a root; undefined when something on the way is missing. */
function resolve(
  root: FakeNode,
  path: string,
  walk: { readonly last: "follow" | "keep"; readonly followed: number },
): { readonly node: FakeNode; readonly path: string } | undefined {
  if (walk.followed > mostSymlinks) throw failed("open", "ELOOP");
  const names = namesOf(path);
  let node = root;
  for (const [index, name] of names.entries()) {
    const next = node.children.get(name);
    if (next === undefined) return undefined;
    const isLast = index === names.length - 1;
    if (next.kind === "symlink" && (!isLast || walk.last === "follow")) {
      const base = next.target.startsWith("/") ? "/" : join("/", ...names.slice(0, index));
      const rest = names.slice(index + 1);
      return resolve(root, join(base, next.target, ...rest), { ...walk, followed: walk.followed + 1 });
    }
    node = next;
  }
  return { node, path: join("/", ...names) };
}

/** The error that the kernel would give. */
export function failed(call: string, errno: ErrnoName): SystemError {
  return new SystemError(call, constants.errno[errno]);
}

function namesOf(path: string): readonly string[] {
  return normalize(path).split("/").filter(Boolean);
}
