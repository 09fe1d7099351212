import type { ImageId } from "#foundation";

/** "oci": a layout with the layers as the registry sends them; "docker": what `docker save` writes, layers unpacked. */
export type ArchiveFormat = "oci" | "docker";

/** What an archive is to hold, and where it goes. */
export interface ExportRequest {
  /**
   * The images, by names as `find` takes them. One that is named by a tag has that name in the archive; one by its id or
   * digest has all of its tags.
   */
  readonly names: readonly string[];
  /** Absolute. */
  readonly path: string;
  /** "new": a file that appears when it is whole; "in-place": what is there gets the archive, such as a pipe. */
  readonly output: "new" | "in-place";
  readonly format: ArchiveFormat;
}

/** An image that is in an archive now. */
export interface ExportedImage {
  readonly id: ImageId;
  /** The names that it has there, in full. */
  readonly names: readonly string[];
}
