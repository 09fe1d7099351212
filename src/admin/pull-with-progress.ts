import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { Images, LayerProgress, LayerStage, PullOptions, StartedPull } from "#image";
import type { PullImageRequest } from "#proto/cri/v1/runtime_pb.js";
import { type PullProgress, PullProgressSchema, LayerStage as StageOfProto } from "#proto/crisp/v1/admin_pb.js";

/** How CRI understands a request to pull: it means the same here. */
export type PullFromProto = (request: PullImageRequest) => { readonly image: string; readonly options: PullOptions };

export interface PullDeps {
  readonly images: Pick<Images, "startPull">;
  readonly pullFromProto: PullFromProto;
}

/** More often, nobody sees a difference. */
const tellEveryMs = 100;

const stages: Readonly<Record<LayerStage, StageOfProto>> = {
  waiting: StageOfProto.WAITING,
  downloading: StageOfProto.DOWNLOADING,
  unpacking: StageOfProto.UNPACKING,
  done: StageOfProto.DONE,
  exists: StageOfProto.EXISTS,
};

/** Answers PullWithProgress: each change of the layers, at most ten times a second, and the image's id at the end. */
export async function* pullWithProgress(
  request: PullImageRequest,
  { images, pullFromProto }: PullDeps,
  call: Call,
): AsyncGenerator<PullProgress> {
  const { image, options } = pullFromProto(request);
  const pull = images.startPull(image, { ...options, signal: call.signal });
  let told = "";
  for (let hasEnded = false; !hasEnded; ) {
    hasEnded = await endsWithin(pull, tellEveryMs);
    const state = JSON.stringify(pull.layers);
    if (state !== told) yield progressOf(pull.layers);
    told = state;
  }
  yield progressOf(pull.layers, await pull.id);
}

/** Fails as the pull does. */
async function endsWithin({ id }: StartedPull, timeMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([id.then(() => true), delay(timeMs, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

function progressOf(layers: readonly LayerProgress[], imageRef = ""): PullProgress {
  return create(PullProgressSchema, {
    imageRef,
    layers: layers.map(({ digest, stage, receivedBytes, totalBytes }) => ({
      digest,
      stage: stages[stage],
      receivedBytes: BigInt(receivedBytes),
      totalBytes: BigInt(totalBytes),
    })),
  });
}
