import type { Host, MountEntry } from "#host";

/**
 * What the file system of a directory is on, as cadvisor names it: the source of its mount; of those that have none (tmpfs)
 * the directory of the mount; of an overlay, where all have the same, with its numbers.
 */
export async function findDevice({ mounts, files }: Pick<Host, "mounts" | "files">, path: string): Promise<string> {
  const mount = mountOf(await mounts.list(), path);
  if (mount === undefined) return "";
  if (mount.type === "tmpfs") return mount.target;
  if (mount.type !== "overlay") return mount.source;
  const device = (await files.stat(path))?.device ?? 0n;
  return `${mount.source}_${majorOf(device)}-${minorOf(device)}`;
}

/** The innermost mount; of several at one place the last, which hides the others. */
function mountOf(entries: readonly MountEntry[], path: string): MountEntry | undefined {
  return entries
    .filter(({ target }) => target === "/" || path === target || path.startsWith(`${target}/`))
    .reduce<MountEntry | undefined>(
      (best, entry) => (best !== undefined && best.target.length > entry.target.length ? best : entry),
      undefined,
    );
}

/** The kernel's packing of a device number for programs: 12 bits of major, 20 of minor, with room for more. */
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minorOf(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}
