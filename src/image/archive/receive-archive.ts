import { posix } from "node:path";
import { Fault } from "#foundation";
import { type TarEntry, TarReader, type TarSink } from "#wire";
import { decompress } from "../unpack/decompress.ts";
import type { ArchiveMembers } from "./members.ts";

type Act = () => Promise<void> | void;

/**
 * Receives all members of a tar archive, plain or compressed, piece by piece.
 *
 * @throws Fault `invalid` for a damaged archive, `exhausted` for one over its limits or a full disk
 */
export async function receiveArchive(
  pieces: AsyncIterator<Buffer>,
  members: ArchiveMembers,
  signal: AbortSignal,
): Promise<void> {
  const sink = new MemberSink(members);
  const tar = new TarReader(sink);
  const source = {
    // What one piece unpacks to is on the disk before the next one is taken.
    async next(): Promise<Buffer | undefined> {
      signal.throwIfAborted();
      await sink.drain();
      const piece = await pieces.next();
      return piece.done === true ? undefined : piece.value;
    },
  };
  try {
    await decompress(source, (piece) => tar.push(piece), signal);
    await sink.drain();
    tar.finish();
  } finally {
    await pieces.return?.();
  }
}

/** The reader does not wait for anybody, so what it finds is written down and done afterwards. */
class MemberSink implements TarSink {
  readonly #members: ArchiveMembers;
  #acts: Act[] = [];
  #isFile = false;

  constructor(members: ArchiveMembers) {
    this.#members = members;
  }

  entry({ kind, path, linkPath }: TarEntry): void {
    switch (kind) {
      case "file":
        this.#isFile = true;
        this.#acts.push(() => this.#members.begin(path));
        return;
      case "symlink":
        this.#acts.push(() => this.#members.link(path, posix.join(posix.dirname(path), linkPath)));
        return;
      case "hard-link":
        this.#acts.push(() => this.#members.link(path, linkPath));
        return;
      case "directory":
        return;
      default:
        throw new Fault("invalid", `${JSON.stringify(path)} is a ${kind}: image archives have none`);
    }
  }

  content(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    if (this.#isFile) this.#acts.push(() => this.#members.append(copy));
  }

  hole(): void {
    throw new Fault("invalid", "a member is sparse: image archives have none");
  }

  entryEnd(): void {
    if (this.#isFile) this.#acts.push(() => this.#members.end());
    this.#isFile = false;
  }

  async drain(): Promise<void> {
    const acts = this.#acts;
    this.#acts = [];
    for (const act of acts) await act();
  }
}
