import { randomBytes } from "node:crypto";
import { assert, asyncProperty, integer, nat } from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digest, Fault, Gate } from "#foundation";
import { digestOf } from "#spec";
import type { BlobSection, StagedBlob } from "#store";
import { type Attempt, registryFailure } from "../faults.ts";
import type { ByteRange } from "../registry/endpoint-client.ts";
import { type DownloadOptions, downloadBlob } from "./download-blob.ts";

/** A blob in memory that is received in sections. */
class MemoryBlob {
  readonly bytes: Buffer;
  readonly #ends: { readonly start: number; size: number }[] = [];

  constructor(sizeBytes: number) {
    this.bytes = Buffer.alloc(sizeBytes);
  }

  section(start: number): BlobSection {
    const end = { start, size: 0 };
    this.#ends.push(end);
    this.#ends.sort((a, b) => a.start - b.start);
    return {
      get sizeBytes() {
        return end.size;
      },
      append: async (piece) => {
        await Promise.resolve();
        this.bytes.set(piece, start + end.size);
        end.size += piece.length;
      },
      flush: () => Promise.resolve(),
    };
  }

  get writtenBytes(): number {
    let written = 0;
    for (const { start, size } of this.#ends) if (start <= written) written = Math.max(written, start + size);
    return written;
  }
}

interface Server {
  readonly knowsRanges: boolean;
  /** Bytes of one piece. */
  readonly pieceBytes: number;
  /** Bytes after which an answer breaks off; undefined: never. */
  readonly breaksAfter?: number;
  readonly refusal?: number;
}

/** Answers as a registry would, and keeps what it was asked. */
class FakeRepository {
  readonly ranges: ByteRange[] = [];
  readonly #content: Buffer;
  readonly #server: Server;
  atOnce = 0;
  mostAtOnce = 0;

  constructor(content: Buffer, server: Server) {
    this.#content = content;
    this.#server = server;
  }

  async *blob(
    _: unknown,
    range: ByteRange,
    signal: AbortSignal,
    onHead?: (isRanged: boolean) => void,
  ): AsyncGenerator<Buffer> {
    const { knowsRanges, pieceBytes, breaksAfter = Number.POSITIVE_INFINITY, refusal } = this.#server;
    this.ranges.push(range);
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await Promise.resolve();
      if (refusal !== undefined && range.to !== undefined) throw registryFailure([attemptOf(refusal)]);
      onHead?.(knowsRanges);
      const end = knowsRanges ? (range.to ?? this.#content.length - 1) + 1 : this.#content.length;
      for (let at = range.from; at < end; at += pieceBytes) {
        signal.throwIfAborted();
        if (at - range.from >= breaksAfter) throw Object.assign(new Error("broken"), { code: "ECONNRESET" });
        yield Buffer.from(this.#content.subarray(at, Math.min(at + pieceBytes, end)));
        await Promise.resolve();
      }
    } finally {
      this.atOnce -= 1;
    }
  }
}

function attemptOf(status: number): Attempt {
  return { url: "http://r/", status, problem: `status ${status}`, isRegistry: true, isSkipped: false };
}

type Change = Partial<DownloadOptions["options"] & Omit<DownloadOptions, "options">>;

function optionsOf({ onWritten = () => {}, gate = new Gate(() => 10), ...change }: Change = {}): DownloadOptions {
  return {
    onWritten,
    gate,
    options: {
      maxRetries: 2,
      rangeBytes: 100,
      maxRangesPerLayer: 3,
      fastBytesPerMs: Number.POSITIVE_INFINITY,
      ...change,
    },
  };
}

async function download(
  content: Buffer,
  repository: FakeRepository,
  options: DownloadOptions,
  sizeBytes = content.length,
): Promise<MemoryBlob> {
  const received = new MemoryBlob(content.length);
  const blob = { mediaType: "", digest: digestOf(content) as Digest, sizeBytes };
  const signal = new AbortController().signal;
  await downloadBlob({ repository, blob }, received as unknown as StagedBlob, options, signal);
  return received;
}

describe("downloadBlob()", () => {
  it("leaves the rest to the one connection that is fast enough", async () => {
    const content = randomBytes(1_000);
    const repository = new FakeRepository(content, { knowsRanges: true, pieceBytes: 50 });

    const { bytes } = await download(content, repository, optionsOf({ fastBytesPerMs: 0 }));

    expect(bytes.equals(content)).toBe(true);
    expect([repository.mostAtOnce, repository.ranges.length]).toEqual([1, 2]);
  });

  it("brings the same bytes, whatever the sizes, told without a gap and in order", async () => {
    const sizes = {
      size: nat(2000),
      rangeBytes: nat(300),
      most: integer({ min: 1, max: 5 }),
      piece: integer({ min: 1, max: 97 }),
    };
    await assert(
      asyncProperty(sizes.size, sizes.rangeBytes, sizes.most, sizes.piece, async (size, rangeBytes, most, piece) => {
        const content = randomBytes(size);
        const told: number[] = [0];
        const repository = new FakeRepository(content, { knowsRanges: size % 2 === 0, pieceBytes: piece });
        const options = optionsOf({
          rangeBytes,
          maxRangesPerLayer: most,
          onWritten: (bytes) => told.push(bytes),
        });

        const { bytes } = await download(content, repository, options);

        expect(bytes.equals(content)).toBe(true);
        expect(told).toEqual(told.toSorted((a, b) => a - b));
        expect(told.at(-1)).toBe(size);
        expect(repository.mostAtOnce).toBeLessThanOrEqual(most);
      }),
    );
  });

  it("asks for parts side by side, each once", async () => {
    const repository = new FakeRepository(randomBytes(450), { knowsRanges: true, pieceBytes: 10 });

    await download(randomBytes(450), repository, optionsOf());

    expect(repository.mostAtOnce).toBe(3);
    expect(repository.ranges.toSorted((a, b) => a.from - b.from)).toEqual([
      { from: 0, to: 99 },
      { from: 100, to: 199 },
      { from: 200, to: 299 },
      { from: 300, to: 399 },
      { from: 400 },
    ]);
  });

  it("asks once when the server knows no ranges, and for small blobs", async () => {
    const ignorant = new FakeRepository(randomBytes(450), { knowsRanges: false, pieceBytes: 10 });
    await download(randomBytes(450), ignorant, optionsOf());
    expect(ignorant.ranges).toEqual([{ from: 0, to: 99 }]);

    const small = new FakeRepository(randomBytes(199), { knowsRanges: true, pieceBytes: 10 });
    await download(randomBytes(199), small, optionsOf());
    expect(small.ranges).toEqual([{ from: 0 }]);
  });

  it("asks for the whole when parts are refused", async () => {
    const content = randomBytes(450);
    const repository = new FakeRepository(content, { knowsRanges: true, pieceBytes: 10, refusal: 416 });

    const { bytes } = await download(content, repository, optionsOf());

    expect(bytes.equals(content)).toBe(true);
    expect(repository.ranges).toEqual([{ from: 0, to: 99 }, { from: 0 }]);
  });

  it("fails with any other refusal at once", async () => {
    const repository = new FakeRepository(randomBytes(450), { knowsRanges: true, pieceBytes: 10, refusal: 404 });

    await expect(download(randomBytes(450), repository, optionsOf())).rejects.toMatchObject({ kind: "not-found" });
    expect(repository.ranges).toHaveLength(1);
  });

  it("takes up each part where it broke", async () => {
    const content = randomBytes(450);
    const repository = new FakeRepository(content, { knowsRanges: true, pieceBytes: 10, breaksAfter: 60 });

    const { bytes } = await download(content, repository, optionsOf());

    expect(bytes.equals(content)).toBe(true);
    expect(repository.ranges).toContainEqual({ from: 160, to: 199 });
  });

  it("gives up a part that brings nothing", async () => {
    const repository = new FakeRepository(randomBytes(450), { knowsRanges: true, pieceBytes: 10, breaksAfter: 0 });

    await expect(download(randomBytes(450), repository, optionsOf())).rejects.toThrow("broken");
    expect(repository.atOnce).toBe(0);
  });

  it.each([
    ["longer", 440],
    ["shorter", 460],
  ])("refuses a blob that is %s than said", async (_, said) => {
    const repository = new FakeRepository(randomBytes(450), { knowsRanges: true, pieceBytes: 100 });

    const failed = await download(Buffer.alloc(600), repository, optionsOf(), said).catch((error: unknown) => error);

    expect(failed).toBeInstanceOf(Fault);
    expect(failed).toMatchObject({ kind: "invalid", reason: { code: "image.size-mismatch", expected: said } });
  });

  it("gets on by one connection when there is no room for more", async () => {
    const content = randomBytes(450);
    const repository = new FakeRepository(content, { knowsRanges: true, pieceBytes: 10 });
    const gate = new Gate(() => 1);

    const { bytes } = await gate.run(() => download(content, repository, optionsOf({ gate })));

    expect(bytes.equals(content)).toBe(true);
    expect(repository.mostAtOnce).toBe(1);
    await gate.run(() => Promise.resolve());
  });
});
