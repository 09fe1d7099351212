import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { Images } from "#image";
import {
  type ImportImagesRequest,
  type ImportImagesResponse,
  ImportImagesResponseSchema,
} from "#proto/crisp/v1/admin_pb.js";

/** Answers ImportImages: the file is opened by crispd, so its path is one of the node. */
export async function importImages(
  { path }: ImportImagesRequest,
  images: Pick<Images, "import">,
  { signal }: Call,
): Promise<ImportImagesResponse> {
  const imported = await images.import(path, { signal });
  return create(ImportImagesResponseSchema, {
    images: imported.map(({ id, names }) => ({ id, names: [...names] })),
  });
}
