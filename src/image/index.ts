export { createImages } from "./images.ts";
export type { ImageOptions } from "./options.ts";
export type { ImageUse } from "./signature/types.ts";
export type { Image, Images, ImagesDeps, ImagesUsage, PullOptions } from "./types.ts";
