import { create } from "@bufbuild/protobuf";
import type { Clock } from "#foundation";
import type { Images } from "#image";
import {
  type FilesystemUsage,
  FilesystemUsageSchema,
  type ImageFsInfoResponse,
  ImageFsInfoResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";

/** Answers ImageFsInfo: images and containers share one file system. kubelet panics when `used_bytes` is missing. */
export function imageFsInfo(images: Images, clock: Clock): ImageFsInfoResponse {
  const usage = images.usage();
  const filesystem = (): FilesystemUsage =>
    create(FilesystemUsageSchema, {
      timestamp: clock.nowNanos(),
      fsId: { mountpoint: usage.mountpoint },
      usedBytes: { value: usage.usedBytes },
      inodesUsed: { value: usage.inodesUsed },
    });
  return create(ImageFsInfoResponseSchema, {
    imageFilesystems: [filesystem()],
    containerFilesystems: [filesystem()],
  });
}
