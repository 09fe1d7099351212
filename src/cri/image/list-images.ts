import { create, toBinary } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Images } from "#image";
import {
  type Image,
  type ImageFilter,
  type ListImagesRequest,
  type ListImagesResponse,
  ListImagesResponseSchema,
  type StreamImagesRequest,
  StreamImagesResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import { imageToProto } from "../convert/image.ts";

/** Answers ListImages; a filter narrows it to the one image of that name. */
export function listImages({ filter }: ListImagesRequest, images: Images): ListImagesResponse {
  return create(ListImagesResponseSchema, { images: collect(filter, images) });
}

/** Answers StreamImages, with the same filter. */
export function* streamImages(
  { filter }: StreamImagesRequest,
  images: Images,
): Iterable<EncodedMessage<typeof StreamImagesResponseSchema>> {
  for (const parts of inPieces(encodeEach(collect(filter, images)))) {
    yield new EncodedMessage(StreamImagesResponseSchema, parts);
  }
}

function* encodeEach(images: readonly Image[]): Iterable<Uint8Array> {
  const schema = StreamImagesResponseSchema;
  for (const image of images) yield toBinary(schema, create(schema, { images: [image] }));
}

function collect(filter: ImageFilter | undefined, images: Images): Image[] {
  const name = filter?.image?.image ?? "";
  const found = name === "" ? images.list() : [images.find(name)].filter((image) => image !== undefined);
  return found.map(imageToProto);
}
