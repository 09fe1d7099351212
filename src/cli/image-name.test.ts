import { expect, test } from "vitest";
import { splitDigest, splitTag } from "./image-name.ts";

test.each([
  ["docker.io/library/busybox:1.36", "docker.io/library/busybox", "1.36"],
  ["localhost:5000/app:1", "localhost:5000/app", "1"],
  ["localhost:5000/app", "localhost:5000/app", "<none>"],
])("splitTag() reads %s", (reference, name, tag) => {
  expect(splitTag(reference)).toEqual({ name, tag });
});

test("splitDigest() reads a digest, and says when there is none", () => {
  expect(splitDigest("localhost:5000/app@sha256:ab")).toEqual({ name: "localhost:5000/app", digest: "sha256:ab" });
  expect(splitDigest(undefined)).toEqual({ name: "<none>", digest: "<none>" });
});
