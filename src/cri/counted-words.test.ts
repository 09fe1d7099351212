import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { withCountedWord } from "./counted-words.ts";

test.each([
  ["pod.image-volume-failed", "ImageVolumeMountFailed: create: no image"],
  ["runtime.no-recursive-readonly", "RROUnsupported: create: no image"],
  ["pod.other", "create: no image"],
])("withCountedWord() turns a failure with reason %s into: %s", async (code, message) => {
  const fault = new Fault("not-found", "create: no image", { reason: { code } });

  await expect(withCountedWord(() => Promise.reject(fault))).rejects.toMatchObject({ kind: "not-found", message });
});
