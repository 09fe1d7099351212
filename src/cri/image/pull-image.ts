import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { Images, PullOptions } from "#image";
import type { Engine } from "#pod";
import {
  type AuthConfig,
  type PullImageRequest,
  type PullImageResponse,
  PullImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { RegistryAuth } from "#spec";
import { imageSpecFromProto } from "../convert/image-spec.ts";

export interface PullDeps {
  readonly images: Pick<Images, "pull">;
  readonly engine: Pick<Engine, "pullFor">;
}

/** Answers PullImage with the image's id, the one that ImageStatus and the containers give too. */
export async function pullImage(
  request: PullImageRequest,
  { images, engine }: PullDeps,
  call: Call,
): Promise<PullImageResponse> {
  const { image, options } = pullFromProto(request);
  const pull = (): Promise<string> => images.pull(image, { ...options, signal: call.signal });
  const pod = request.sandboxConfig?.metadata;
  const imageRef = await (pod === undefined ? pull() : engine.pullFor(pod, image, pull));
  return create(PullImageResponseSchema, { imageRef });
}

/** What a request to pull means, whichever RPC it came by. */
export function pullFromProto(request: PullImageRequest): { readonly image: string; readonly options: PullOptions } {
  const { image } = imageSpecFromProto(request.image);
  const namespace = request.sandboxConfig?.metadata?.namespace ?? "";
  const auth = request.auth === undefined ? {} : { auth: authFromProto(request.auth) };
  return { image, options: { namespace, ...auth } };
}

function authFromProto(auth: AuthConfig): RegistryAuth {
  return {
    username: auth.username,
    password: auth.password,
    auth: auth.auth,
    serverAddress: auth.serverAddress,
    identityToken: auth.identityToken,
    registryToken: auth.registryToken,
  };
}
