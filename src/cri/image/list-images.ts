import { create } from "@bufbuild/protobuf";
import type { Images } from "#image";
import { type ListImagesRequest, type ListImagesResponse, ListImagesResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { imageToProto } from "../convert/image.ts";

/** Answers ListImages; a filter narrows it to the one image of that name. */
export function listImages({ filter }: ListImagesRequest, images: Images): ListImagesResponse {
  const name = filter?.image?.image ?? "";
  const found = name === "" ? images.list() : [images.find(name)].filter((image) => image !== undefined);
  return create(ListImagesResponseSchema, { images: found.map(imageToProto) });
}
