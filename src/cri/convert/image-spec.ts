import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { ImageSpecSchema, type ImageSpec as ProtoImageSpec } from "#proto/cri/v1/runtime_pb.js";
import type { ImageSpec } from "#spec";

/** @throws Fault `invalid` without an image */
export function imageSpecFromProto(image: ProtoImageSpec | undefined): ImageSpec {
  if (image === undefined || image.image === "") throw new Fault("invalid", "image: must not be empty");
  return {
    image: image.image,
    userSpecifiedImage: image.userSpecifiedImage,
    annotations: image.annotations,
    runtimeHandler: image.runtimeHandler,
    imageRef: image.imageRef,
  };
}

/** The same image for a status. */
export function imageSpecToProto(image: ImageSpec): ProtoImageSpec {
  return create(ImageSpecSchema, { ...image, annotations: { ...image.annotations } });
}
