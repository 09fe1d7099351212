/** More lines than any control file of the kernel has; what is beyond them is not read. */
const mostLines = 4_096;

/** The lines of a control file. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n", mostLines).filter((line) => line !== "");
}

/** Decodes a control file of one number; undefined for "max", which is no limit, and for what is no number. */
export function decodeCgroupNumber(text: string): bigint | undefined {
  const word = text.trim();
  return isCount(word) ? BigInt(word) : undefined;
}

/** Decodes a control file of `key number` lines (memory.stat, cpu.stat, memory.events …); other lines do not count. */
export function decodeCgroupFields(text: string): ReadonlyMap<string, bigint> {
  const fields = new Map<string, bigint>();
  for (const line of linesOf(text)) {
    const space = line.indexOf(" ");
    const value = line.slice(space + 1);
    if (space > 0 && isCount(value)) fields.set(line.slice(0, space), BigInt(value));
  }
  return fields;
}

/** A number that the kernel prints: at most 64 bits of it. */
export function isCount(word: string): boolean {
  return /^\d{1,20}$/.test(word);
}
