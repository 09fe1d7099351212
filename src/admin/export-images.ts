import { create } from "@bufbuild/protobuf";
import type { Call } from "#grpc";
import type { ArchiveFormat as Format, Images } from "#image";
import {
  ArchiveFormat,
  type ExportImagesRequest,
  type ExportImagesResponse,
  ExportImagesResponseSchema,
} from "#proto/crisp/v1/admin_pb.js";

const formats: Readonly<Record<ArchiveFormat, Format>> = {
  [ArchiveFormat.UNSPECIFIED]: "oci",
  [ArchiveFormat.OCI]: "oci",
  [ArchiveFormat.DOCKER]: "docker",
};

/** Answers ExportImages: the file is written by crispd, so its path is one of the node. */
export async function exportImages(
  { images: names, path, inPlace, format }: ExportImagesRequest,
  images: Pick<Images, "export">,
  { signal }: Call,
): Promise<ExportImagesResponse> {
  const request = { names, path, output: inPlace ? "in-place" : "new", format: formats[format] } as const;
  const exported = await images.export(request, { signal });
  return create(ExportImagesResponseSchema, {
    images: exported.map(({ id, names: given }) => ({ id, names: [...given] })),
  });
}
