import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { Digest, ImageId } from "#foundation";
import { Fault } from "#foundation";
import type { LayerProgress, StartedPull } from "#image";
import { PullImageRequestSchema } from "#proto/cri/v1/runtime_pb.js";
import { LayerStage } from "#proto/crisp/v1/admin_pb.js";
import { type PullDeps, pullWithProgress } from "./pull-with-progress.ts";

const request = create(PullImageRequestSchema, { image: { image: "web:1" } });
const call = { signal: new AbortController().signal };
const layer = { digest: "sha256:1" as Digest, totalBytes: 10 };

function depsOf(pull: StartedPull): PullDeps {
  return { images: { startPull: () => pull }, pullFromProto: () => ({ image: "web:1", options: {} }) };
}

test("pullWithProgress() tells each change once, and the id at the end", async () => {
  const ended = Promise.withResolvers<ImageId>();
  let layers: readonly LayerProgress[] = [{ ...layer, receivedBytes: 4, stage: "downloading" }];
  const pull = {
    id: ended.promise,
    get layers() {
      return layers;
    },
  };
  const told = pullWithProgress(request, depsOf(pull), call);

  const first = await told.next();
  layers = [{ ...layer, receivedBytes: 10, stage: "done" }];
  const second = await told.next();
  ended.resolve("sha256:id" as ImageId);
  const third = await told.next();

  expect([first, second, third].map(({ value }) => value as unknown)).toMatchObject([
    { layers: [{ stage: LayerStage.DOWNLOADING, receivedBytes: 4n, totalBytes: 10n }], imageRef: "" },
    { layers: [{ stage: LayerStage.DONE, receivedBytes: 10n }], imageRef: "" },
    { layers: [{ stage: LayerStage.DONE }], imageRef: "sha256:id" },
  ]);
  expect((await told.next()).done).toBe(true);
});

test("pullWithProgress() fails as the pull does", async () => {
  const pull = { id: Promise.reject(new Fault("not-found", "pull web:1: no such image")), layers: [] };

  await expect(pullWithProgress(request, depsOf(pull), call).next()).rejects.toThrow("no such image");
});
