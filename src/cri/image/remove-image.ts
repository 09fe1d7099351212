import { create } from "@bufbuild/protobuf";
import { namingAct } from "#grpc";
import type { Images } from "#image";
import {
  type RemoveImageRequest,
  type RemoveImageResponse,
  RemoveImageResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { imageSpecFromProto } from "../convert/image-spec.ts";

/** Answers RemoveImage: all names of the image go. */
export function removeImage(request: RemoveImageRequest, images: Images): Promise<RemoveImageResponse> {
  return namingAct(`remove image ${request.image?.image ?? ""}`, async () => {
    await images.remove(imageSpecFromProto(request.image).image);
    return create(RemoveImageResponseSchema);
  });
}
