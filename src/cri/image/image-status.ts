import { create } from "@bufbuild/protobuf";
import type { Images } from "#image";
import {
  type ImageStatusRequest,
  type ImageStatusResponse,
  ImageStatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { imageToProto } from "../convert/image.ts";
import { imageSpecFromProto } from "../convert/image-spec.ts";
import { verboseInfo } from "../verbose.ts";

/** Answers ImageStatus; an image that is not here is an empty answer, not an error. */
export function imageStatus(request: ImageStatusRequest, images: Images): ImageStatusResponse {
  const image = images.find(imageSpecFromProto(request.image).image);
  if (image === undefined) return create(ImageStatusResponseSchema);
  return create(ImageStatusResponseSchema, {
    image: imageToProto(image),
    info: verboseInfo(request.verbose, { imageSpec: { config: image.config }, layers: image.layers }),
  });
}
