import { resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ListContainersResponseSchema,
  ListImagesResponseSchema,
  RemoveImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { ArchiveFormat, ExportImagesResponseSchema, ImportImagesResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import { type FakeAnswers, runCrisp } from "../fake/fake-session.ts";

const images = [
  { id: "sha256:1", repoTags: ["web:1"] },
  { id: "sha256:2", repoDigests: ["web@sha256:ab"] },
  { id: "sha256:3" },
  { id: "sha256:4", pinned: true },
];

function runtime(): { readonly removed: string[]; readonly answers: FakeAnswers } {
  const removed: string[] = [];
  const answers: FakeAnswers = {
    listImages: async () => create(ListImagesResponseSchema, { images }),
    listContainers: async () => create(ListContainersResponseSchema),
    removeImage: async ({ image }) => {
      removed.push(image?.image ?? "");
      return create(RemoveImageResponseSchema);
    },
  };
  return { removed, answers };
}

test("crisp image lists images, as in crictl", async () => {
  const { out } = await runCrisp(["image", "-q"], runtime().answers);

  expect(out.trim().split("\n")).toHaveLength(4);
});

test.each([
  [["image", "prune"], ["sha256:2", "sha256:3"], "Deleted: web@sha256:ab\nDeleted: sha256:3\n"],
  [
    ["image", "prune", "--all"],
    ["sha256:1", "sha256:2", "sha256:3"],
    "Deleted: web:1\nDeleted: web@sha256:ab\nDeleted: sha256:3\n",
  ],
  [["image", "prune", "--dry-run"], [], "Would delete: web@sha256:ab\nWould delete: sha256:3\n"],
])("crisp %j removes %j", async (args, expected, said) => {
  const { removed, answers } = runtime();

  const { out, failure } = await runCrisp(args, answers);

  expect(failure).toBeUndefined();
  expect([removed, out]).toEqual([expected, said]);
});

test("crisp image import tells crispd where the archives are, and prints what they had", async () => {
  const asked: (string | undefined)[] = [];
  const importImages: NonNullable<FakeAnswers["importImages"]> = async ({ path }) => {
    asked.push(path);
    return create(ImportImagesResponseSchema, { images: [{ id: "sha256:1", names: ["web:1"] }, { id: "sha256:2" }] });
  };

  const { out } = await runCrisp(["image", "import", "web.tar", "-"], { importImages });

  expect(asked).toEqual([resolve("web.tar"), `/proc/${process.pid}/fd/0`]);
  expect(out).toBe("Imported: web:1 sha256:1\nImported: sha256:2\n".repeat(2));
});

const exported: NonNullable<FakeAnswers["exportImages"]> = async () =>
  create(ExportImagesResponseSchema, { images: [{ id: "sha256:1", names: ["web:1"] }, { id: "sha256:2" }] });

test.each([
  [
    ["-o", "web.tar", "web", "db"],
    { images: ["web", "db"], path: resolve("web.tar"), inPlace: false, format: ArchiveFormat.OCI },
  ],
  [
    ["-o", "-", "--format", "docker", "web"],
    { images: ["web"], path: `/proc/${process.pid}/fd/1`, inPlace: true, format: ArchiveFormat.DOCKER },
  ],
])("crisp image export %j tells crispd what to write, and where", async (args, expected) => {
  const asked: unknown[] = [];
  const exportImages: typeof exported = async (request, options) => {
    asked.push(request);
    return exported(request, options);
  };

  await runCrisp(["image", "export", ...args], { exportImages });

  expect(asked).toEqual([expected]);
});

test("crisp image export prints what is in the file, and leaves standard output to an archive that goes there", async () => {
  const said = "Exported: web:1 sha256:1\nExported: sha256:2\n";

  expect(await runCrisp(["image", "export", "-o", "web.tar", "web"], { exportImages: exported })).toMatchObject({
    out: said,
    err: "",
  });
  expect(await runCrisp(["image", "export", "-o", "-", "web"], { exportImages: exported })).toMatchObject({
    out: "",
    err: said,
  });
});

test("crisp image export wants to know where to, and writes no archive to a terminal", async () => {
  const screen = { columns: 80, rows: 24 };

  expect((await runCrisp(["image", "export", "web"])).failure).toMatchObject({
    message: expect.stringMatching(/-o/) as string,
  });
  const { failure } = await runCrisp(["image", "export", "-o", "-", "web"], { exportImages: exported }, {}, screen);
  expect(failure).toMatchObject({ kind: "invalid", message: expect.stringMatching(/terminal/) as string });
});
