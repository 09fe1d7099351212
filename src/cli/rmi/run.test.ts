import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CriClient } from "#client";
import { Fault } from "#foundation";
import {
  type ImageSchema,
  ImageStatusResponseSchema,
  ListContainersResponseSchema,
  ListImagesResponseSchema,
  RemoveImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

const used = { id: "sha256:1", repoTags: ["web:1", "web:2"] };
const pinned = { id: "sha256:2", repoTags: ["pause:1"], pinned: true };
const unused = { id: "sha256:3", repoDigests: ["old@sha256:ab"] };
const images: MessageInitShape<typeof ImageSchema>[] = [used, pinned, unused];

function runtime(refusal?: Fault): { readonly removed: string[]; readonly answers: Partial<CriClient> } {
  const removed: string[] = [];
  const answers: Partial<CriClient> = {
    listImages: async () => create(ListImagesResponseSchema, { images }),
    listContainers: async () => create(ListContainersResponseSchema, { containers: [{ image: { image: "web:2" } }] }),
    imageStatus: async ({ image }) => {
      const name = image?.image ?? "";
      const found = images.find(({ id, repoTags = [] }) => id === name || repoTags.includes(name));
      return create(ImageStatusResponseSchema, found === undefined ? {} : { image: found });
    },
    removeImage: async ({ image }) => {
      if (refusal !== undefined) throw refusal;
      removed.push(image?.image ?? "");
      return create(RemoveImageResponseSchema);
    },
  };
  return { removed, answers };
}

test("crisp rmi removes an image and says which names went with it", async () => {
  const { removed, answers } = runtime();

  const { out, err } = await runCrisp(["rmi", "web:1"], answers);

  expect(removed).toEqual(["sha256:1"]);
  expect(out).toBe("Deleted: web:1\nDeleted: web:2\n");
  expect(err).toBe("image web:1 has other names that are removed with it: web:2\n");
});

test("crisp rmi -a removes all", async () => {
  const { removed, answers } = runtime();

  await runCrisp(["rmi", "-a"], answers);

  expect(removed).toEqual(["sha256:1", "sha256:2", "sha256:3"]);
});

test("crisp rmi --prune keeps what is used or pinned", async () => {
  const { removed, answers } = runtime();

  const { out } = await runCrisp(["rmi", "--prune"], answers);

  expect(removed).toEqual(["sha256:3"]);
  expect(out).toBe("Deleted: old@sha256:ab\n");
});

test("crisp rmi --prune leaves an image alone that a container has taken meanwhile", async () => {
  const { answers } = runtime(new Fault("busy", "image is in use"));

  const { err, failure } = await runCrisp(["rmi", "--prune"], answers);

  expect(failure).toBeUndefined();
  expect(err).toBe("kept sha256:3: image is in use\n");
});

test.each([
  [[], "invalid"],
  [["nothing"], "not-found"],
])("crisp rmi %j is a fault of kind %s", async (names, kind) => {
  expect((await runCrisp(["rmi", ...names], runtime().answers)).failure).toMatchObject({ kind });
});
