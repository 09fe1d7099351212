import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { Images } from "#image";
import {
  type AuthConfig,
  type PullImageRequest,
  type PullImageResponse,
  PullImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { RegistryAuth } from "#spec";
import { imageSpecFromProto } from "../convert/container-config.ts";

/** Answers PullImage with the image's id, the one that ImageStatus and the containers give too. */
export async function pullImage(request: PullImageRequest, images: Images, call: Call): Promise<PullImageResponse> {
  const { image } = imageSpecFromProto(request.image);
  const imageRef = await images.pull(image, {
    signal: call.signal,
    ...(request.auth === undefined ? {} : { auth: authFromProto(request.auth) }),
  });
  return create(PullImageResponseSchema, { imageRef });
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
