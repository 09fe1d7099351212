import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SpoolWriter } from "./writer.ts";

let directory: string;
let spool: SpoolWriter;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "crisp-spool-"));
  spool = await SpoolWriter.create(path.join(directory, "file"));
});

afterEach(async () => {
  await spool.close();
  await rm(directory, { recursive: true });
});

describe("SpoolWriter", () => {
  it("puts sections where they begin, whichever comes first", async () => {
    const content = randomBytes(900_000);
    const parts = [600_000, 0, 300_000].map((start) => ({ start, section: spool.section(start) }));

    await Promise.all(
      parts.map(async ({ start, section }) => {
        for (let at = start; at < start + 300_000; at += 50_000)
          await section.append(Buffer.from(content.subarray(at, at + 50_000)));
      }),
    );
    await spool.flush();

    expect(spool.sizeBytes).toBe(900_000);
    expect((await readFile(spool.path)).equals(content)).toBe(true);
  });

  it("tells what a reader finds up to the first gap", async () => {
    const [first, second, third] = [spool.section(0), spool.section(10), spool.section(20)];
    const written: number[] = [];
    for (const section of [third, first, second]) {
      await section.append(randomBytes(10));
      await section.flush();
      written.push(spool.writtenBytes);
    }

    expect(written).toEqual([0, 10, 30]);
  });

  it("goes on at its end without sections", async () => {
    await spool.append(Buffer.from("one "));
    await spool.flush();
    await spool.append(Buffer.from("two"));
    expect([spool.sizeBytes, spool.writtenBytes]).toEqual([7, 4]);
    await spool.flush();

    expect(await readFile(spool.path, "utf8")).toBe("one two");
  });
});
