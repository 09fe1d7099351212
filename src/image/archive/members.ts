import { createHash, type Hash } from "node:crypto";
import { posix } from "node:path";
import { type Digest, Fault } from "#foundation";
import type { Host } from "#host";
import type { StagedBlob, Store } from "#store";

/** A file of an archive, received. */
export interface Member {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly file: StagedBlob;
}

export interface MembersDeps {
  readonly store: Pick<Store, "blobs">;
  readonly files: Pick<Host["files"], "read">;
}

export interface MemberLimits {
  readonly maxMembers: number;
  /** Of all members together. */
  readonly maxBytes: number;
}

interface OpenMember {
  readonly name: string;
  readonly file: StagedBlob;
  readonly hash: Hash;
}

/** Most links that lead from one name to a file. */
const maxLinks = 8;

/**
 * The files of an image archive, kept as content that is being received until
 * `discard`. Their names are keys here and never paths.
 */
export class ArchiveMembers {
  readonly #deps: MembersDeps;
  readonly #limits: MemberLimits;
  readonly #byName = new Map<string, Member>();
  readonly #byDigest = new Map<Digest, Member>();
  readonly #links = new Map<string, string>();
  readonly #staged: StagedBlob[] = [];
  #open: OpenMember | undefined;
  #entries = 0;
  #sizeBytes = 0;

  constructor(deps: MembersDeps, limits: MemberLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /** Begins a file; `append` adds to it, `end` completes it. @throws Fault `exhausted` for too many members */
  async begin(name: string): Promise<void> {
    this.#countEntry();
    const file = await this.#deps.store.blobs.stage();
    this.#staged.push(file);
    this.#open = { name: keyOf(name), file, hash: createHash("sha256") };
  }

  /** The bytes belong to the member from then on. @throws Fault `exhausted` when there are too many, or the disk is full */
  async append(bytes: Uint8Array): Promise<void> {
    this.#sizeBytes += bytes.length;
    const { maxBytes } = this.#limits;
    if (this.#sizeBytes > maxBytes) throw new Fault("exhausted", `the archive has more than ${maxBytes} bytes`);
    this.#open?.hash.update(bytes);
    await this.#open?.file.append(bytes);
  }

  async end(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    await open.file.flush();
    const digest = `sha256:${open.hash.digest("hex")}` as Digest;
    const member = { digest, sizeBytes: open.file.sizeBytes, file: open.file };
    this.#byName.set(open.name, member);
    this.#byDigest.set(digest, member);
  }

  /** Notes that one name stands for another; `target` is relative to the archive's root. */
  link(name: string, target: string): void {
    this.#countEntry();
    this.#links.set(keyOf(name), keyOf(target));
  }

  /** Undefined when there is no such file. */
  find(name: string): Member | undefined {
    let key = keyOf(name);
    for (let hop = 0; hop < maxLinks && !this.#byName.has(key); hop += 1) key = this.#links.get(key) ?? key;
    return this.#byName.get(key);
  }

  /** Content is found by what it is, so a file that lies about its digest is not found. */
  findContent(digest: Digest): Member | undefined {
    return this.#byDigest.get(digest);
  }

  /** A small document. @throws Fault `exhausted` when it is larger than that */
  read({ file }: Member, maxBytes: number): Promise<Buffer> {
    return this.#deps.files.read(file.path, { maxBytes });
  }

  /** Removes all files that were not committed. */
  async discard(): Promise<void> {
    await Promise.all(this.#staged.map((file) => file.discard()));
  }

  #countEntry(): void {
    this.#entries += 1;
    const { maxMembers } = this.#limits;
    if (this.#entries > maxMembers) throw new Fault("exhausted", `the archive has more than ${maxMembers} members`);
  }
}

/** "./a//b" and "/a/b" are "a/b"; what leads out of the archive names nothing in it. */
function keyOf(name: string): string {
  return posix.normalize(`/${name}`).replace(/^\/|\/$/g, "");
}
