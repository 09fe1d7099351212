import type { MountRequest } from "#host";
import type { OverlayOptions } from "#spec";
import { mountTooLong } from "./faults.ts";

/** The kernel copies one page of options and wants a NUL at its end. */
const maxOptionBytes = 4095;

/** Directories of one overlay mount. */
export interface OverlayDirectories {
  /** Lower directories, bottom first; at least one. */
  readonly lowers: readonly string[];
  /** Absent: the mount is read-only. */
  readonly writable?: { readonly upper: string; readonly work: string };
}

/** How the mount works. */
export interface OverlayManner {
  readonly hasVolatile: boolean;
  /** What is wanted beyond or instead of what is usual; views are as usual. */
  readonly options?: OverlayOptions;
}

/**
 * The mount that shows these directories as one tree.
 *
 * A writable one is "volatile" where the kernel knows the word (5.10): what a
 * container writes outside of its volumes need not outlive a crash of the
 * machine, since no container does, and a stop must not wait for the disk.
 * The options may say otherwise.
 *
 * @throws Fault `unsupported` when the names do not fit the kernel's one page
 * @see https://www.kernel.org/doc/html/v6.12/filesystems/overlayfs.html#volatile-mount
 */
export function overlayMount(
  target: string,
  directories: OverlayDirectories,
  { hasVolatile, options: wanted = {} }: OverlayManner,
): MountRequest {
  const { lowers, writable } = directories;
  const isSingleView = writable === undefined && lowers.length === 1;
  if (isSingleView) return { source: lowers[0] ?? "", target, type: "", flags: ["bind", "ro"] };
  const options = [`lowerdir=${lowers.toReversed().join(":")}`];
  if (writable !== undefined) options.push(`upperdir=${writable.upper}`, `workdir=${writable.work}`);
  const { volatile = "on", ...others } = wanted;
  if (writable !== undefined && hasVolatile && volatile === "on") options.push("volatile");
  if (writable !== undefined) options.push(...Object.entries(others).map(([name, word]) => `${name}=${word}`));
  const data = options.join(",");
  const bytes = Buffer.byteLength(data);
  if (bytes > maxOptionBytes) throw mountTooLong(lowers.length, bytes, maxOptionBytes);
  return { source: "overlay", target, type: "overlay", flags: writable === undefined ? ["ro"] : [], data };
}

/** Whether a kernel of this release ("6.1.0-18-amd64") knows volatile overlays. */
export function knowsVolatile(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split(".").map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 10);
}
