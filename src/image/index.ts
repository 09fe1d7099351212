export type { ArchiveFormat, ExportedImage, ExportRequest } from "./export/types.ts";
export { createImages } from "./images.ts";
export type { ImageOptions } from "./options.ts";
export type { LayerProgress, LayerStage } from "./pull/progress.ts";
export type { ImageUse } from "./signature/types.ts";
export type { Image, Images, ImagesDeps, ImagesUsage, PullOptions, StartedPull } from "./types.ts";
