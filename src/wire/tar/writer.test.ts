import { array, assert, asyncProperty, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { read } from "./archive-fixture.ts";
import { plainTarFile } from "./encode.ts";
import { TarWriter } from "./writer.ts";

/** A writer, and what it has written. */
function written(): { readonly tar: TarWriter; readonly bytes: () => Buffer } {
  const pieces: Buffer[] = [];
  const tar = new TarWriter(async (piece) => void pieces.push(Buffer.from(piece)));
  return { tar, bytes: () => Buffer.concat(pieces) };
}

it("TarWriter writes files, in whatever pieces they come, that the reader reads", async () => {
  const anyFile = asyncProperty(array(uint8Array({ maxLength: 700 }), { maxLength: 4 }), async (pieces) => {
    const { tar, bytes } = written();
    const body = Buffer.concat(pieces);
    await tar.file(plainTarFile("a/file", body.length), async (append) => {
      for (const piece of pieces) await append(piece);
    });
    await tar.entry({ ...plainTarFile("a/link", 0), kind: "symlink", linkPath: "file" });
    await tar.end();

    expect(read(bytes())).toMatchObject([
      { path: "a/file", body: body.toString("latin1") },
      { kind: "symlink", linkPath: "file" },
    ]);
  });
  await assert(anyFile);
});

it.each([
  ["less", 2],
  ["more", 4],
])("TarWriter refuses a file that has %s content than was said", async (_, sizeBytes) => {
  const { tar } = written();

  const writing = tar.file(plainTarFile("file", 3), (append) => append(Buffer.alloc(sizeBytes)));

  await expect(writing).rejects.toMatchObject({
    kind: "broken",
    message: `file has changed: ${sizeBytes} bytes instead of 3`,
  });
});
