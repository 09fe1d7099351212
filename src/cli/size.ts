const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size in decimal units with three significant digits: `4.5MB`. */
export function formatSize(bytes: bigint | number): string {
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))}${units[unit] ?? ""}`;
}
