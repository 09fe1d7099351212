/** Options of an overlay mount by their names, such as `metacopy: "on"`. */
export type OverlayOptions = Readonly<Record<string, string>>;

/** The options of the kernel's overlay file system that say how it works, not where things are; what each may be. */
export const overlayOptionWords: Readonly<Record<string, readonly string[]>> = {
  volatile: ["on", "off"],
  index: ["on", "off"],
  metacopy: ["on", "off"],
  nfs_export: ["on", "off"],
  redirect_dir: ["on", "off", "follow", "nofollow"],
  xino: ["on", "off", "auto"],
};

/** Pairs that the kernel does not take together. */
const conflicts: readonly (readonly [string, string, string, string])[] = [
  ["nfs_export", "on", "metacopy", "on"],
  ["nfs_export", "on", "index", "off"],
  ["metacopy", "on", "redirect_dir", "off"],
  ["metacopy", "on", "redirect_dir", "nofollow"],
  ["metacopy", "on", "redirect_dir", "follow"],
];

/**
 * Whether these are options that the kernel can take together.
 *
 * @see https://www.kernel.org/doc/html/v6.12/filesystems/overlayfs.html
 */
export function areOverlayOptions(options: Readonly<Record<string, unknown>>): options is OverlayOptions {
  const isKnown = Object.entries(options).every(([name, word]) => isWordOf(name, word));
  return isKnown && !conflicts.some(([a, wordA, b, wordB]) => options[a] === wordA && options[b] === wordB);
}

function isWordOf(name: string, word: unknown): boolean {
  const words = Object.hasOwn(overlayOptionWords, name) ? overlayOptionWords[name] : undefined;
  return words?.some((known) => known === word) === true;
}
