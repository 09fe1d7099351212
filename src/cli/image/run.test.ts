import { resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ListContainersResponseSchema,
  ListImagesResponseSchema,
  RemoveImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { ImportImagesResponseSchema } from "#proto/crisp/v1/admin_pb.js";
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
